"""What other programs export: press databases, reading lists, lists of links."""
