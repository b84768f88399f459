"""Networks: VGG-19 by the names of its layers (`vgg`), and where its weights come from (`weights`)."""
