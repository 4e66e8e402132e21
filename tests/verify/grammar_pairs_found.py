r"""Pairs that came up while the grammar was built: what a rule must not take along, and what it must not lose.

The rows are as in `grammar_pairs_of_reading.py`, but written with the reader open.
"""

ROWS = {
    "calls": [
        (
            "0",
            (),
            (
                r"\phi(0)",
                "f^{(4)}(0)",
                "y'(0)",
                "x^2(0)",
                r"\text{rate}(0)",
                r"\vec{r}(0)",
                "y_1(0)",
                "xy(0)",
            ),
        ),
        (r"\alpha-\alpha\beta", (r"\alpha(1-\beta)",), (r"\alpha(\beta-1)",)),
        (r"N_0\cdot 0.8^t", ("N_0(0.8)^t",), ("N_0(0.8t)",)),
        (r"P\cdot1.05^n", ("P(1.05)^n",), ("P(1.05)",)),
        (r"\frac{h(a+b)}{2}", (r"\frac12(a+b)h",), (r"\frac{h(a-b)}{2}",)),
        ("P(A|B)", (r"P(A \mid B)",), ("P(B|A)", "P(A)")),
        ("(4,-6)", ("P(4,-6)",), ("P(-6,4)",)),
        ("A(1,2), B(3,4)", ("B(3,4), A(1,2)",), ("A(3,4), B(1,2)",)),
    ],
    "numbers that stand side by side": [
        ("5x", (), ("x1^2+x2^2", "x5", "x 5")),
        ("7", (), ("7NoneNone", "7None", "7 nothing")),
        ("3x^2", ("x^{2}3",), ("x^{23}",)),
        ("360", ("5!3",), ("53!",)),
        ("42", (), ("4 2", "6 7")),
    ],
    "scripts that count": [
        ("0", (), ("C_1^2", "A_2^3")),
        (r"\frac{3}{10}", (r"\frac{C_{4}^{2}}{C_6^3}",), (r"\frac{C_{4}^{3}}{C_6^3}",)),
        ("10", ("C^2_5", "_5C_2"), ("C^5_2",)),
        (r"\binom{n}{k}", (r"\frac{n!}{k!(n-k)!}",), (r"\frac{n!}{(n-k)!}",)),
        ("C_1e^x", ("C_{1}e^{x}",), ("C_2^2e^x",)),
    ],
    "digit groups": [
        ("40,200", ("40, 200", "40200"), ("40, 201", "40 20")),
        ("(1, 200)", ("(1,200)",), ("1200",)),
        (r"\{1,200\}", (r"\{200, 1\}",), ("1200",)),
        ("10,000, 20,000", ("20,000, 10,000",), ("10, 000, 20, 001",)),
    ],
    "options": [
        (
            "B",
            ("B. (2, 3)", "B. cats and dogs", "B: x=3", "(B) none of these"),
            ("B. 3, C. 4", "B:3, A:4", "(B), C"),
        ),
        ("A", ("A. None of A", "(A) $12"), ("A:B", "A, B", "A and B", "A: 1, C: 2")),
    ],
    "names of values": [
        ("x=1, y=2", ("1, 2",), ("2, 1",)),
        ("a_1=1, a_2=2", ("a_2=2, a_1=1",), ("a_1=2, a_2=1",)),
        ("x=3, -3", (r"x=\pm 3", "x_1=3, x_2=-3"), ("y=3, -3",)),
        ("AB=5", ("BA=5", "|AB|=5", r"\overline{AB}=5"), ("AC=5", r"\overrightarrow{AB}=5")),
        (
            "5",
            (r"\det(A)=5", r"\dim V=5", r"\operatorname{rank}(A)=5", r"\angle ABC=5"),
            (r"\sin x=5", r"\det A^5"),
        ),
        ("0", (), (r"\det(0)", r"\det A(0)", r"\angle 0")),
        (r"\angle ABC=40^\circ", (r"\angle CBA=40^\circ",), (r"\angle ACB=40^\circ",)),
        ("3:4", ("a:b=3:4",), ("a:b=4:3",)),
        ("a:b=3:4", ("a:b=3:4",), ("b:a=3:4", "a:c=3:4")),
        (r"\frac{dy}{dx}=2x", ("y'=2x", "2x"), ("z'=2x", "y''=2x")),
        ("m+n=10", ("10", "n+m=10"), ("m-n=10", "p+q=10")),
        (r"\text{Area}=12", ("12",), (r"\text{Perimeter}=12",)),
        ("|x|=5", ("5",), ("x=5",)),
    ],
    "rounded values": [
        ("7", (), (r"\approx 7", r"x\approx 7", r"6.9\approx 7")),
        (
            r"\frac{40}{3}\text{ minutes}",
            (r"\frac{40}{3}\text{ minutes}\approx13.33\text{ minutes}",),
            (r"\frac{40}{3}\approx13.33\text{ hours}",),
        ),
        (r"\sqrt{10}", (r"\sqrt{10}\approx 3.16\text{ cm}",), (r"\sqrt{10}\approx 3.5", r"\approx 3.16")),
    ],
    "linear ends": [
        ("x<5", (r"\frac{x+1}{2}<3", "2(x-1)<x+3"), (r"\frac{1}{x}<\frac15", "x^2<5x")),
        (r"(-2,-1)\cup(0,1)", ("1<|2x+1|<3",), ("1<2x+1<3",)),
        ("(-3,3)", ("3>|x|",), ("3<|x|",)),
    ],
    "magnitudes": [
        (
            "5",
            (),
            (
                "5 thousands",
                "5 hundreds",
                "5 tens",
                "5 dozens",
                "5 lakhs",
                "5 quadrillion",
                "5 bps",
                "5 score",
            ),
        ),
        ("5000", ("5 thousands",), ("5 thousandths",)),
        ("0.007", ("7 per mille", "7‰", "0.7%"), ("7", "7%")),
        ("12 lakh", ("1.2 million", "1,200,000"), ("12", "1.2 crore")),
    ],
    "what mutants found": [
        (
            r"(-\infty,2)\cup(3,\infty)",
            ("x<2 or x>3",),
            (r"[-\infty,2)\cup(3,\infty)", r"(-\infty,2)\cup(3,\infty]"),
        ),
        ("x_1=3, x_2=4", ("x_1=4, x_2=3", "x=3, 4"), ("x_1=3, x_6=4", "x_1=3, x_1=4", "x_1=3, x_2=5")),
        (r"98\text{ m}^2", ("98 m^2",), (r"98\text{ m}^0", r"98\text{ m}^{-2}", r"98\text{ m}")),
    ],
    "constants that are none": [
        (r"\frac{C_1V}{C_1+C_2}", (r"\frac{VC_1}{C_2+C_1}",), (r"\frac{C_2V}{C_1+C_2}",)),
        ("x^2+C", ("x^2+K", "C_1+x^2"), ("x^2+k", "x^2", "x^2+x", "2C+x")),
        ("Ax", (), ("Bx", "ax")),
        (r"\frac{k\pi}{2}", (r"\frac{\pi k}{2}",), (r"\frac{n\pi}{2}",)),
        ("y=C_1e^x+C_2", ("y=Ae^x+B", "y=C_2e^x+C_1"), ("y=Ce^x+C", "y=C_1e^x+C_2x")),
    ],
    "units of units": [
        (
            r"20\text{ m/s}",
            ("20 m/s", "20 ms^{-1}", r"20\ \text{m}\cdot\text{s}^{-1}"),
            ("20 ms", r"20\text{ s/m}"),
        ),
        (r"8.314\text{ J/(mol K)}", (r"8.314\text{ J mol}^{-1}\text{ K}^{-1}",), (r"8.314\text{ J/mol}",)),
        (r"5\text{ N}", ("5 newtons",), (r"5\text{ N}\cdot\text{m}", r"5\text{ N}^2")),
        ("2h 30min", ("2 hours 30 minutes", "2h30m"), ("2h 3min",)),
        ("5", (), ("5 m", "5 m^2", "5N")),
    ],
    "vectors that are none": [
        ("(1,2)", (r"\mathbf{i}+2\mathbf{j}",), ("1+2i", "[1,2]", r"\{1,2\}", "1,2")),
        ("(0,0,1)", (r"\hat{k}",), ("k", "1")),
        (r"\begin{pmatrix}1&2\end{pmatrix}", ("(1,2)",), (r"\begin{pmatrix}1\\2\end{pmatrix}",)),
        (r"t\mathbf{i}+t^2\mathbf{j}", ("(t,t^2)",), ("(t^2,t)", "t+t^2")),
    ],
    "work that is left undone": [
        (r"\sum_{k=1}^{4} 2k+1", ("21",), ("24",)),
        (
            r"\frac{8}{3}",
            (r"\sum_{k=0}^{3} \frac{1}{k!}",),
            (r"\sum_{k=0}^{3} \frac{1}{k}", r"\sum_{k=0}^{\infty} \frac{1}{k!}"),
        ),
        ("14", (r"\sum_{i=1}^{3} i^2",), (r"\sum_{i=1}^{3} a_i", r"\sum i^2")),
        ("-1", (), (r"-7 \bmod 3",)),
        ("2", (), (r"2 \pmod 5", r"x\equiv 2\pmod 5", r"\max(a,2)", r"\min_{x} 2")),
        (
            r"x\equiv 3\pmod{7}",
            (r"x = 3 \pmod 7", r"x\equiv -4 \pmod 7"),
            ("x=3", r"y\equiv 3\pmod 7", r"x\equiv 3\pmod 5"),
        ),
    ],
    "conditions": [
        (
            r"\begin{cases} 1 & x\ge 0 \\ 0 & \text{otherwise} \end{cases}",
            (r"\begin{cases} 1, & \text{if } x\ge 0; \\ 0, & \text{else.} \end{cases}",),
            (
                r"\begin{cases} 0 & x\ge 0 \\ 1 & \text{otherwise} \end{cases}",
                "1",
                "0",
                "0, 1",
                r"\begin{cases}",
            ),
        ),
        ("x=5", ("5",), (r"2x=10 or x>6", r"x\ge5", "2x=10")),
        ("8:05", ("08:05", "8:05 AM", "8:05 PM"), ("8:50", "05:08")),
    ],
}
