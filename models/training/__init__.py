"""From labelled folders to a trained model: features, splits, augmentation, the training loop."""
