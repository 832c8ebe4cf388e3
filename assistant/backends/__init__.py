"""Where answers come from, behind one protocol, and their JSON form."""
