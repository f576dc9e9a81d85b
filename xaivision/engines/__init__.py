"""Floor 1, the verbs: functions on tensors and classifiers. No method names, no settings classes, no printing."""
