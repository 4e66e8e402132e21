r"""What an answer is about: constants, units, vectors, pieces, finite operators, small and large numbers, unions, clocks.

Each row is (gold, spellings that are equal to it, answers that are not), by hand and from mathematics alone; none was taken
from data, and all were written before the reader's source was opened. `test_grammar_pairs.py` reads them both ways round.
"""

ROWS = {
    "far below double precision": [
        (r"\sqrt{10^{1000}}", ("10^{500}",), (r"\sqrt{10^{1000}+1}", "10^{501}")),
        (r"\sqrt{2}", (r"2^{1/2}", r"\frac{2}{\sqrt2}"), (r"\sqrt{2}+10^{-500}", r"\sqrt{2}-10^{-30}")),
        (
            "0",
            ("0.0", r"\frac{0}{5}", r"\ln 1"),
            (r"10^{-500}", r"\frac{1}{10^{500}}", r"e^{-2000}", r"2^{-2000}"),
        ),
        ("1", (r"\frac{7}{7}", r"\sin^2 1+\cos^2 1"), (r"1+10^{-500}", r"1-2^{-1700}", "0.9999999999")),
        (r"\pi", (r"\frac{2\pi}{2}",), (r"\pi+10^{-500}", "3.14159265358979323846", r"\frac{355}{113}")),
        (r"\ln 2", (r"-\ln\frac12", r"\frac{\ln 4}{2}"), (r"\ln 2+10^{-400}", r"\ln(2+10^{-400})")),
        (r"2^{-2000}", (r"\frac{1}{2^{2000}}", r"4^{-1000}"), (r"2^{-2001}", "0")),
    ],
    "constants and dummies": [
        ("Ce^x", ("Ae^x", "ce^x", "Ke^{x}", "y=Ce^x"), ("Ce^{2x}", "xe^x", "e^x", "C+e^x", "Ce^{-x}")),
        (
            r"c_1e^{x}+c_2e^{-x}",
            (r"C_1e^{x}+C_2e^{-x}", r"Ae^x+Be^{-x}", r"C_1e^{-x}+C_2e^{x}"),
            (r"C_1e^{x}+C_2e^{x}", r"C_1e^{x}+C_1e^{-x}", r"C_1e^{2x}+C_2e^{-x}"),
        ),
        (
            r"\frac{\pi}{4}+k\pi",
            (r"\frac{\pi}{4}+n\pi", r"k\pi+\frac{\pi}{4}", r"\frac{\pi}{4}+m\pi"),
            (r"\frac{\pi}{4}+2k\pi", r"\frac{\pi}{3}+n\pi", r"\frac{\pi}{4}"),
        ),
        (r"n^2+k", ("k+n^2",), ("n^2+C", "n^2+c", "k^2+n")),
        (
            r"\frac{x^2}{2}+C",
            (r"\frac12x^2+c", r"\frac{x^2}{2}+K", r"0.5x^2+C"),
            (r"x^2+C", r"\frac{x^2}{2}+x", r"\frac{x^3}{3}+C"),
        ),
        (
            r"\frac{\pi}{6}+2k\pi, k\in\mathbb{Z}",
            (r"\frac{\pi}{6}+2n\pi, n\in\mathbb{Z}", r"\frac{\pi}{6}+2k\pi"),
            (r"\frac{\pi}{6}+k\pi, k\in\mathbb{Z}",),
        ),
        (
            r"C_1\cos x+C_2\sin x",
            (r"c_1\cos x+c_2\sin x", r"A\cos x+B\sin x"),
            (r"C_1\cos 2x+C_2\sin 2x", r"C_1\cos x+C_1\sin x"),
        ),
        (r"\ln|x|+C", (r"\ln|x|+c", r"C+\ln|x|"), (r"\ln|x|+x", r"\ln|2x|", r"\ln|x|")),
        (r"(C_1+C_2x)e^{x}", (r"(A+Bx)e^x", r"(c_1+c_2x)e^x"), (r"(C_1+C_2x)e^{-x}", r"(C_1+C_1x)e^{x}")),
        ("ak+b", ("b+ka",), ("an+b", "ak", "bk+a")),
        (r"180^\circ k+45^\circ", (r"45^\circ+180^\circ n",), (r"90^\circ k+45^\circ",)),
    ],
    "units": [
        (
            r"7.4\times10^{14}\text{ s}^{-1}",
            ("7.4e14 s^{-1}", r"7.4\times10^{14}\ \mathrm{s^{-1}}", r"7.4\times 10^{14}"),
            ("7.4e14 s", "7.4e13 s^{-1}", "7.4e14 m^{-1}"),
        ),
        (
            r"10\text{ m/s}^2",
            ("10 m/s^2", r"10\ \mathrm{m\,s^{-2}}", r"10\text{ m s}^{-2}", "10 m/s²"),
            ("10 m/s", "10 m", "10 m/s^3", "100 m/s^2"),
        ),
        (
            r"50\ \mu\text{m}",
            (r"50 \mu m", "50 μm", r"50\,\mu\mathrm{m}", "50 micrometers"),
            ("50 m", "50 mm", "50 nm"),
        ),
        (
            r"5\text{ N m}",
            ("5 N-m", r"5\ \mathrm{N\cdot m}", r"5\text{ N}\cdot\text{m}"),
            ("5 N", "5 N/m", "5 m"),
        ),
        (
            "2 hours 30 minutes",
            ("2 h 30 min", "2 hours and 30 minutes", r"2\text{ hours }30\text{ minutes}"),
            ("2 hours 3 minutes", "30 hours 2 minutes", "2 hours", "230"),
        ),
        (r"3\text{ kg m}^2", (r"3\text{ kg}\cdot\text{m}^2", "3 kg m^2"), ("3 kg m", "3 kg")),
        (r"9.8\text{ m/s}^2", ("9.8", "9.8 m/s^2"), ("9.8 m/s", "9.8 ft/s^2")),
        (r"25\text{ cm}^2", ("25 cm^2", "25 square centimeters", "25 cm²"), ("25 cm", "25 m^2", "25 cm^3")),
        (r"12\text{ mol/L}", ("12 mol/L", r"12\ \mathrm{mol\,L^{-1}}"), ("12 mol", "12 mol/mL")),
        ("1 hour 15 minutes", ("1 hr 15 min",), ("1 hour 50 minutes", "15 minutes", "1 hour")),
        (
            r"6.6\times10^{-34}\text{ J s}",
            (r"6.6e-34 J s", r"6.6\times10^{-34}\text{ J}\cdot\text{s}"),
            (r"6.6\times10^{-34}\text{ J}", r"6.6\times10^{34}\text{ J s}"),
        ),
        (r"5\,\Omega", (r"5\ \text{ohms}", "5 Ω"), (r"5\text{ k}\Omega", "5 V")),
    ],
    "angles and clocks": [
        (
            r"12^\circ30'",
            (r"12^\circ 30^\prime", r"12^{\circ}30^{\prime}", r"12.5^\circ"),
            (r"12^\circ 3^\prime", r"12^\circ", r"12^\circ30''"),
        ),
        (r"45^\circ15'", (r"45^{\circ}15^\prime", r"45.25^\circ"), (r"45^{\circ}51^\prime", r"4515^\circ")),
        ("08:00", ("8:00", "8 AM", "8:00 AM", "8 a.m."), ("8 PM", "20:00", "8:00 PM", "08:30")),
        ("20:00", ("8 PM", "8:00 p.m."), ("8 AM", "08:00", "8:00 AM")),
        ("3:45 PM", ("15:45", "3:45 p.m."), ("3:45 AM", "03:45", "3:54 PM")),
        ("00:30", ("12:30 AM",), ("12:30 PM", "0:03")),
    ],
    "vectors": [
        (
            r"\langle 1,2\rangle",
            (
                "(1,2)",
                r"\begin{pmatrix}1\\2\end{pmatrix}",
                r"\mathbf{i}+2\mathbf{j}",
                r"\hat{i}+2\hat{j}",
                r"\vec{i}+2\vec{j}",
            ),
            (r"\langle 2,1\rangle", r"2\mathbf{i}+\mathbf{j}", r"\langle 1,-2\rangle", r"3"),
        ),
        (
            r"3\mathbf{i}-4\mathbf{j}+\mathbf{k}",
            (
                r"\langle 3,-4,1\rangle",
                r"3\hat{\mathbf{i}}-4\hat{\mathbf{j}}+\hat{\mathbf{k}}",
                r"\begin{bmatrix}3\\-4\\1\end{bmatrix}",
            ),
            (
                r"3\mathbf{i}+4\mathbf{j}+\mathbf{k}",
                r"\langle 3,-4\rangle",
                r"3\mathbf{i}-4\mathbf{k}+\mathbf{j}",
            ),
        ),
        (
            r"\begin{pmatrix}1\\0\\-1\end{pmatrix}",
            (
                r"(1,0,-1)",
                r"(1,0,-1)^T",
                r"\begin{bmatrix}1\\0\\-1\end{bmatrix}",
                r"\begin{pmatrix}1&0&-1\end{pmatrix}^T",
            ),
            (r"(1,0,1)", r"(1,-1,0)"),
        ),
        (r"\vec{a}=(2,3)", ("(2,3)", r"\langle 2,3\rangle"), ("(3,2)", r"\vec{b}=(2,3)")),
        (r"\overrightarrow{AB}=(4,0)", ("(4,0)",), (r"\overrightarrow{BA}=(4,0)", "(0,4)")),
    ],
    "pieces": [
        (
            r"\begin{cases} x & x\ge 0 \\ -x & x<0 \end{cases}",
            (
                r"\begin{cases} -x & x<0 \\ x & x\ge 0 \end{cases}",
                r"\begin{cases} x, & \text{if } x\ge 0, \\ -x, & \text{if } x<0. \end{cases}",
                r"f(x)=\begin{cases} x & x\ge 0 \\ -x & x<0 \end{cases}",
            ),
            (
                r"\begin{cases} -x & x\ge 0 \\ x & x<0 \end{cases}",
                r"\begin{cases} x & x> 1 \\ -x & x<0 \end{cases}",
                "x",
                r"\begin{cases} x & x\ge 0 \\ -2x & x<0 \end{cases}",
            ),
        ),
        (
            r"\begin{cases} 1 & n=1 \\ 2n & n\ge 2 \end{cases}",
            (
                r"a_n=\begin{cases} 1, & n=1 \\ 2n, & n\ge 2 \end{cases}",
                r"\begin{cases} 2n, & n\ge 2 \\ 1, & n=1 \end{cases}",
            ),
            (
                "2n",
                "1",
                r"\begin{cases} 1 & n=1 \\ 2n & n\ge 3 \end{cases}",
                r"\begin{cases} 2 & n=1 \\ 2n & n\ge 2 \end{cases}",
            ),
        ),
        (
            r"\begin{cases} x=1 \\ y=2 \end{cases}",
            ("x=1, y=2", "(1,2)", r"\begin{cases} y=2 \\ x=1 \end{cases}"),
            (r"\begin{cases} x=2 \\ y=1 \end{cases}", "x=1", "1"),
        ),
    ],
    "small finite operators": [
        ("55", (r"\sum_{k=1}^{10} k", r"\sum_{i=1}^{5} i^2"), (r"\sum_{k=1}^{9} k", r"\sum_{k=0}^{9} k")),
        ("9", (r"\max(3,9,-1)", r"\max\{3, 9\}", r"\min(9, 12)"), (r"\min(3,9)", r"\max(3,8)")),
        (
            "6",
            (r"\gcd(12,18)", r"\gcd(54, 24)", r"3!", r"\operatorname{lcm}(2,3)"),
            (r"\gcd(12,16)", r"\operatorname{lcm}(12,18)"),
        ),
        (
            r"x\equiv 2\pmod 5",
            (r"x \equiv 2 \pmod{5}", r"x\equiv 7\pmod 5", r"x\equiv 2\ (\text{mod } 5)"),
            (r"x\equiv 3\pmod 5", r"x\equiv 2\pmod 7", "2", r"x\equiv 2\pmod{10}"),
        ),
        ("24", (r"\prod_{k=1}^{4} k", "4!"), (r"\prod_{k=1}^{3} k", r"\sum_{k=1}^{4} k")),
        (r"2n", (r"2n",), (r"\sum_{k=1}^{2} k",)),
        (
            "7",
            (r"|-7|", r"\lfloor 7.5\rfloor", r"\lceil 6.1\rceil"),
            (r"\lceil 7.5\rceil", r"\lfloor -7.5\rfloor"),
        ),
        ("1", (r"7 \bmod 3", "①"), (r"8\bmod 3", "②", "⑪")),
        ("①③", ("③①", "①, ③", "①和③"), ("①", "①②③", "②③", "①④")),
    ],
    "unions and conditions": [
        (
            r"x=-2\text{ or }1\le x\le 3",
            (r"x=-2 or 1\le x\le 3", r"\{-2\}\cup[1,3]", r"[1,3]\cup\{-2\}", r"1\le x\le3 or x=-2"),
            (r"[1,3]", r"x=2 or 1\le x\le 3", r"\{-2\}\cup(1,3)", "-2", r"x=-2 and 1\le x\le 3"),
        ),
        (
            r"(-\infty,1)\cup(2,\infty)",
            ("x<1 or x>2", r"x>2\text{ or }x<1"),
            ("1<x<2", r"x\le1 or x>2", "x<1"),
        ),
        (r"x<0 or x=4", (r"(-\infty,0)\cup\{4\}",), (r"(-\infty,0]\cup\{4\}", "x<0", "x=4", r"(-\infty,4)")),
        ("42", (), ("42 when x>0", "42 if n is odd", r"42\text{ for }x>0", "42 unless x=1", r"42, x>0")),
        ("x^2", (), ("x^2 when x>0", r"x^2\text{ if }x<1", r"x^2, x=0")),
        ("0", (), (r"\frac{0}{x-x}", "0/(x-x)", r"\frac{0}{0}", r"\frac{1}{\infty}+1")),
        ("1", (), (r"\frac{x-x}{x-x}", r"\frac{0}{0}", r"\frac{2-2}{1-1}")),
    ],
}
