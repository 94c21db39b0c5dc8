"""What pyCANON says of tables: run by itself, in pyCANON's own environment. Asked and answered as JSON."""

import json
import sys

import pandas as pd
from pycanon import anonymity

asked = json.load(sys.stdin)
answers = []
for rows in asked["tables"]:
    data = pd.DataFrame(rows, columns=asked["columns"])
    answers.append([int(anonymity.k_anonymity(data, known)) for known in asked["sets"]])
    for known, hidden in asked["hidden"]:
        answers[-1].append(int(anonymity.l_diversity(data, known, [hidden])))
        answers[-1].append(round(float(anonymity.t_closeness(data, known, [hidden])), 2))
json.dump(answers, sys.stdout)
