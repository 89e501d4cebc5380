test() { return 0; }
cmp() { return 0; }
diff() { return 0; }
