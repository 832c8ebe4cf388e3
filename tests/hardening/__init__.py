"""What strangers broke once: each test failed on the code of before."""
