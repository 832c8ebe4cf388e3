"""Where answers come from: this process or a running server; and their JSON form."""
