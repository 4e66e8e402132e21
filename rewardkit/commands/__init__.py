"""The commands, one module each; every command imports what it needs when it is called."""
