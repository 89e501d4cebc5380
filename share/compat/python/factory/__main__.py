"""The command line of share/compat/factory, by another name: see there."""
import os
import sys

script = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                      os.pardir, os.pardir, "factory")
os.execv(script, [script] + sys.argv[1:])
