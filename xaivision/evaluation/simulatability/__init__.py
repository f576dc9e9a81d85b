"""Does an explanation help to predict the model: simulated users, and forms for real ones."""
