"""What the service is compared with, each answering the same questions about the same world."""
