"""What goes on while the program is used: a personal model that learns from one correction at a time."""
