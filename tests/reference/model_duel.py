"""Our models against scikit-learn and LightGBM's own Python, on the same data, in one run.

    python3 tests/reference/model_duel.py BARS [--report FILE] [--venv DIR] [--program FILE]

BARS is a folder of <SYMBOL>-1m-*.csv[.gz] files of all four coins. The script makes a virtual
environment outside the repository (default: ~/.cache/polyquant/model-duel) with the pinned versions
below, runs the release build's polyquant_model_duel, which trains, predicts and leaves the matrices
it used, and gives the same matrices and settings to the libraries. One thread everywhere. It prints a
Markdown table of the medians of several repeats.

    cmake --build --preset release --target polyquant_model_duel
"""

import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

PINNED = ["numpy==2.4.6", "scikit-learn==1.9.1", "lightgbm==4.7.0"]
ROOT = pathlib.Path(__file__).resolve().parents[2]


def make_environment(folder):
    python = folder / "bin/python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", *PINNED], check=True)
    return python


def median_ms(repeats, work, now=time.process_time):
    """By processor time of the process, so that what else runs on the machine is not in it."""
    took = []
    for _ in range(repeats):
        began = now()
        work()
        took.append(1e3 * (now() - began))
    return statistics.median(took)


def theirs(folder, ours):
    import lightgbm
    import numpy as np
    import sklearn
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    def read(name, columns=None):
        values = np.fromfile(folder / name)
        return values if columns is None else values.reshape(-1, columns)

    def logistic():
        return make_pipeline(
            StandardScaler(), LogisticRegression(C=0.1, class_weight="balanced", max_iter=1000)
        )

    result = {"python": platform.python_version(), "numpy": np.__version__,
              "scikit-learn": sklearn.__version__, "lightgbm": lightgbm.__version__}
    outcomes = [read(f"retrain_y{a}.bin") for a in range(4)]
    tables = [read(f"retrain_x{a}.bin").reshape(len(outcomes[a]), -1) for a in range(4)]
    result["retrain_4x2_days_fit_ms"] = median_ms(
        9, lambda: [logistic().fit(x, y) for x, y in zip(tables, outcomes)]
    )
    small = logistic().fit(tables[0], outcomes[0])
    row = tables[0][:1]
    result["logistic_46_ns"] = 1e6 * median_ms(2000, lambda: small.predict_proba(row), time.perf_counter)

    x = read("rows_x.bin", int(ours["columns"]))
    y = read("rows_y.bin")
    start = read("rows_start.bin")
    split = int(ours["split"])
    names = (folder / "columns.txt").read_text().split()
    clean = np.nan_to_num(x, nan=0.0)[:, :14]
    result["logistic_correction_fit_ms"] = median_ms(3, lambda: logistic().fit(clean, y))
    params = dict(
        objective="binary", num_leaves=15, learning_rate=0.05, min_data_in_leaf=200, lambda_l2=10,
        feature_fraction=0.8, bagging_fraction=0.8, bagging_freq=1, seed=1, num_threads=1,
        deterministic=True, force_row_wise=True, verbosity=-1, monotone_constraints_method="intermediate",
        monotone_constraints=[1 if n == "z" else 0 for n in names],
    )
    model = None

    def boost():
        nonlocal model
        data = lightgbm.Dataset(x[:split], y[:split], feature_name=names, init_score=start[:split])
        later = lightgbm.Dataset(x[split:], y[split:], reference=data, init_score=start[split:])
        model = lightgbm.train(params, data, num_boost_round=100, valid_sets=[data, later])

    result["boosting_fit_ms"] = median_ms(3, boost)
    one = x[:1]
    result["boosting_ns"] = 1e6 * median_ms(2000, lambda: model.predict(one, num_threads=1), time.perf_counter)
    raw = model.predict(x[split:], raw_score=True, num_threads=1) + start[split:]
    p = 1 / (1 + np.exp(-raw))
    result["boosting_log_loss"] = float(-np.mean(np.log(np.where(y[split:] > 0.5, p, 1 - p))))
    return result


def cell(value, unit):
    if value is None:
        return "-"
    if unit == "ns" and value >= 10_000:
        return f"{value / 1000:.0f} us"
    return f"{value:.1f} ms" if unit == "ms" else f"{value:.0f} ns"


def table(ours, other, cpu):
    budget_ns = 5_000  # frame to verdict, the median's target
    lines = [
        ("train 4 coins on 2 days, features included", "retrain_4x2_days_ms", None, "ms"),
        ("the same, fit alone (scikit-learn: scaler and lbfgs)", "retrain_4x2_days_fit_ms",
         "retrain_4x2_days_fit_ms", "ms"),
        (f"window rows of BTC, {ours['bars']:.0f} bars", "window_rows_ms", None, "ms"),
        (f"logistic correction, {ours['rows']:.0f} rows (scikit-learn: 14 columns)",
         "logistic_correction_fit_ms", "logistic_correction_fit_ms", "ms"),
        (f"boosting, {ours['split']:.0f} rows x {ours['columns']:.0f}, 100 trees (LightGBM)",
         "boosting_fit_ms", "boosting_fit_ms", "ms"),
        ("one prediction: closed form", "closed_form_ns", None, "ns"),
        ("one prediction: logistic, 46 features (scikit-learn)", "logistic_46_ns", "logistic_46_ns", "ns"),
        ("one prediction: logistic correction", "logistic_correction_ns", None, "ns"),
        ("one prediction: boosting, 100 trees (LightGBM)", "boosting_ns", "boosting_ns", "ns"),
    ]
    text = "| work | polyquant | Python | times faster |\n|---|---:|---:|---:|\n"
    for what, mine, their, unit in lines:
        a, b = ours.get(mine), other.get(their) if their else None
        faster = f"{b / a:.1f}" if a and b else "-"
        text += f"| {what} | {cell(a, unit)} | {cell(b, unit)} | {faster} |\n"
    text += (
        f"\nBoth train trees with the same LightGBM: log loss on the last tenth {ours['boosting_log_loss']:.5f} "
        f"against {other['boosting_log_loss']:.5f}. A boosting prediction takes "
        f"{100 * ours['boosting_ns'] / budget_ns:.1f} % of the 5 us from frame to verdict.\n"
        f"\nPython {other['python']}, numpy {other['numpy']}, scikit-learn {other['scikit-learn']}, "
        f"LightGBM {other['lightgbm']}; one thread; medians of several repeats, fits by processor time; {cpu}.\n"
    )
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bars")
    parser.add_argument("--report", type=pathlib.Path)
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / "build/release/tests/bench/polyquant_model_duel")
    parser.add_argument("--venv", type=pathlib.Path, default=pathlib.Path.home() / ".cache/polyquant/model-duel")
    parser.add_argument("--theirs", nargs=2, metavar=("DIR", "JSON"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.theirs:
        folder, ours = args.theirs
        print(json.dumps(theirs(pathlib.Path(folder), json.loads(ours))))
        return
    python = make_environment(args.venv)
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with tempfile.TemporaryDirectory() as work:
        ran = subprocess.run([args.program, args.bars, work], check=True, capture_output=True, text=True, cwd=ROOT)
        ours = json.loads(ran.stdout)
        other = subprocess.run(
            [python, __file__, args.bars, "--theirs", work, json.dumps(ours)],
            check=True, capture_output=True, text=True, env=environment,
        )
    cpu = next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), "unknown CPU")
    text = table(ours, json.loads(other.stdout.splitlines()[-1]), cpu)
    print(text)
    if args.report:
        args.report.write_text(
            "# Models against scikit-learn and LightGBM's Python\n\nMade by `python3 tests/reference/model_duel.py "
            "BARS --report FILE` (release build); do not edit.\n\n" + text
        )


if __name__ == "__main__":
    main()
