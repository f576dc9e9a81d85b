"""What to do about a reason that speaks against many explanations, where the reason itself does not say so."""

# By a part of the reason. Reasons of methods that name a setting or another method are their own remedy, and have none here.
REMEDIES = {
    "does not add up": "spend more `steps` or `budget`, or use a method whose values are Shapley values",
    "local model fits poorly": "spend more `budget`, or use a method that needs no local model, such as `kernel_shap`",
    "map is zero everywhere": "choose another `baseline`, or explain another class",
    "not finite": "look for values that are not finite in the items and in what the model answers",
    "the model is random": "hand the model over in evaluation mode, or fix what it draws",
}


def remedy(reason: str) -> str:
    """What helps, without a full stop; "" where the reason says it, or nobody knows."""
    return next((told for part, told in REMEDIES.items() if part in reason), "")
