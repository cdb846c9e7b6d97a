"""Print figures with matplotlib, headless and free of Qt; and the colours of the data, on paper and on the screen."""
