"""What tests share: the reference, and landing data to try it and the engines on."""
