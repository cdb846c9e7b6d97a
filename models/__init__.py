"""The science of Affekt: decode, describe, recognise and explain. Knows nothing of Qt or of the program."""
