"""What Python makes of the file that quickstart.ts wrote: its path is the argument."""

import os
import sys

import joblib

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data")

changed = joblib.load(sys.argv[1])
model = joblib.load(os.path.join(DATA, "iris_model.joblib"))
night = joblib.load(os.path.join(DATA, "winter_night.joblib"))
flowers = joblib.load(os.path.join(DATA, "iris_forest_expected.joblib"))["X"]

print(">>> changed['model']")
print(changed["model"])
print(">>> changed['model'][-1].intercept_")
print(changed["model"][-1].intercept_)
print(">>> model.predict(flowers)[70:90], before and after")
print(model.predict(flowers)[70:90])
print(changed["model"].predict(flowers)[70:90])
print(">>> changed['night']['sensors']")
print(repr(changed["night"]["sensors"]))
print(">>> joblib.hash(changed['night']) == joblib.hash(night)")
print(joblib.hash(changed["night"]) == joblib.hash(night))

# One number differs, nothing else.
assert joblib.hash(changed["night"]) == joblib.hash(night)
assert joblib.hash(changed["model"]) != joblib.hash(model)
model[-1].intercept_[0] = 5
assert joblib.hash(changed["model"]) == joblib.hash(model)
