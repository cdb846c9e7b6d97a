"""From a file to the signals the networks read: decoding, log-mel, what the window draws."""
