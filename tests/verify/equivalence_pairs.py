"""Pairs of gold and answer with the truth of their equality, by hand; none of them is taken from real data.

Each category is a cause of wrong verdicts. The table is read by test_math_pairs.py in both directions.
"""

EQUAL = {
    "integers": [
        ("12345", "12,345"), ("12345", "12 345"), ("12345", r"12\,345"), ("12345", "12{,}345"), ("7", "+7"), ("7", "7."), ("0", "-0"),
        ("300", r"\$300"), ("1500000", "1.5 million"), ("1500000", r"1.5\text{ million}"), ("24", "two dozen"), ("17", "seventeen"),
        ("10000000", "1,000万"), ("42", r"\mathbf{42}"), ("42", r"\displaystyle 42"), ("42", r"{42}"), ("42", r"\left(42\right)"), ("-5", r"-\,5"),
        ("3,628,800", "10!"), ("100", "10^2"), ("1024", "2^{10}"), ("42", "$42$"), ("42", r"\(42\)"), ("42", "**42**"), ("42", r"\text{42}"), ("9", "IX".replace("IX", "9")),
    ],
    "decimals": [
        ("0.5", ".5"), ("0.5", "0.500"), ("1/8", "0.125"), (r"\frac{1}{7}", r"0.\overline{142857}"), (r"\frac{5}{6}", r"0.8\overline{3}"), (r"\frac29", r"0.\dot{2}"),
        ("2.50", r"\frac{5}{2}"), ("12.0", "12"), ("-0.25", r"-\frac14"), ("-0.25", r"\frac{-1}{4}"), ("-0.25", r"\frac{1}{-4}"),
    ],
    "fractions": [
        (r"\frac{7}{9}", r"\dfrac79"), (r"\frac{7}{9}", "7/9"), (r"\frac{7}{9}", r"\frac{14}{18}"), (r"\frac{7}{9}", r"{7\over 9}"), (r"\frac{22}{7}", r"3\frac17"), (r"\frac{22}{7}", "3 1/7"),
        (r"\frac{22}{7}", r"3\ \frac{1}{7}"), (r"-\frac{7}{2}", "-3 1/2"), (r"\frac{7}{2}", "3½"), (r"\frac{x}{3}", r"\frac13x"), (r"\frac{a+b}{2}", r"\frac{1}{2}(a+b)"), (r"\frac{a}{b}", "a/b"),
    ],
    "percent": [("25%", "0.25"), (r"25\%", r"\frac14"), (r"12.5\%", r"\frac18"), ("40", r"40\%"), (r"66\frac{2}{3}\%", r"\frac23"), ("7%", "7 percent"), (r"7\%", r"7\text{ percent}")],
    "scientific": [("45000", r"4.5\times10^4"), ("45000", "4.5e4"), ("45000", "4.5E+4"), ("0.00032", r"3.2\cdot 10^{-4}"), (r"3\times10^8", "300,000,000"), ("1e-9", r"10^{-9}"), ("4.5×10⁴", "45000")],
    "units": [
        ("15", r"15\text{ cm}"), ("15", r"15\,\mathrm{cm}^2"), ("15", "15 cm²"), (r"15\text{ cm}^2", r"15\text{ square centimeters}"), ("8", "8 hours"), ("8", r"8\text{ inches}"), (r"8\text{ in}", r"8\text{ inches}"),
        (r"\$4.50", "4.5"), ("4.50", "4.5 dollars"), ("60", "60 mph"), (r"60\text{ km/h}", r"60\text{ kilometers per hour}".replace("kilometers per hour", "km/h")), ("5", "5 people"), ("12π", r"12\pi \text{ cm}^2"),
        ("25", "25元"), ("25", "25 个"), ("25", "25千克"), ("9", r"9\text{ sq. units}".replace("sq. ", "square ")), ("9.8", r"9.8\text{ m/s}^2"), ("6", r"6 \text{ different ways}"), ("11", r"11\mbox{ cm}"),
    ],
    "degrees": [("60", r"60^\circ"), (r"60^{\circ}", "60°"), (r"60^\circ", r"60\text{ degrees}"), (r"60^\circ", "60 degrees"), (r"60^\circ", r"\angle A=60^\circ"), (r"-40", r"-40^\circ\text{C}")],
    "unicode": [
        ("-8", "−8"), ("-8", "–8"), (r"\sqrt{5}", "√5"), (r"2\sqrt{13}", "2√13"), (r"\sqrt{x+1}", "√(x+1)"), (r"3\pi", "3π"), ("x^2+1", "x²+1"), ("x^{10}", "x¹⁰"), ("5/8", "⅝"), ("(3,4)", "（3，4）"), ("96", "９６"), (r"x\ge 2", "x≥2"),
        (r"\pm 4", "±4"), (r"\infty", "∞"), (r"(-\infty,3]\cup[5,\infty)", "(−∞,3]∪[5,∞)"), ("2^{-3}", "2⁻³"), (r"\alpha+1", "1+α"), (r"\sqrt[3]{7}", "∛7"), ("1000", "1\u2009000"), ("42", "\u200b42\ufeff"), (r"3\cdot x", "3·x"),
    ],
    "roots": [
        (r"\sqrt{72}", r"6\sqrt{2}"), (r"\frac{6}{\sqrt{3}}", r"2\sqrt3"), (r"\frac{1}{\sqrt5+2}", r"\sqrt5-2"), (r"\sqrt[3]{54}", r"3\sqrt[3]{2}"), (r"7^{1/3}", r"\sqrt[3]{7}"), (r"\sqrt{7}", "7^{0.5}"), (r"\sqrt{\frac{3}{4}}", r"\frac{\sqrt3}{2}"),
        (r"\sqrt{5+2\sqrt6}", r"\sqrt2+\sqrt3"), (r"-3", r"\sqrt[3]{-27}"), (r"\sqrt{6}", r"\sqrt2\cdot\sqrt3"), (r"5\sqrt{5}", r"\sqrt{125}"), (r"\sqrt{5}", r"\sqrt 5"), ("sqrt(3)/2", r"\frac{\sqrt{3}}{2}"),
    ],
    "constants": [
        (r"\frac{3\pi}{4}", r"\frac34\pi"), (r"\ln 8", r"3\ln 2"), (r"\log_3 9", "2"), (r"\log_5 7", r"\frac{\log 7}{\log 5}"), (r"e^{-2}", r"\frac{1}{e^2}"), (r"2\ln 3-\ln 2", r"\ln\frac92"), ("e", r"\mathrm{e}"), (r"\frac{e^2-1}{2}", r"\frac{1}{2}(e^{2}-1)"), (r"\ln(5)", "ln 5"), (r"4\pi", r"\pi\cdot4"),
    ],
    "expressions": [
        ("(x-2)(x+5)", "x^2+3x-10"), ("2x+6", "2(x+3)"), ("x+y", "y+x"), ("3^{2n}", "9^n"), ("2^{n+2}", r"4\cdot2^n"), (r"\frac{1}{x^2}", "x^{-2}"), ("ab+ac", "a(b+c)"), (r"\frac{n(n+1)}{2}", r"\frac{n^2+n}{2}"), (r"x^3+C", "C+x^3"), (r"\frac{x^2-1}{x-1}", "x+1"),
        ("4ab", "4ba"), (r"\frac{1}{2}+\frac{1}{x}", r"\frac{x+2}{2x}"), ("x_1+x_2", "x_2+x_1"), (r"\lambda^2-1", r"(\lambda-1)(\lambda+1)"), ("5!", "120"), (r"\binom{7}{2}", "21"), ("|x-3|", "|3-x|"), (r"-(a-b)", "b-a"), (r"\frac{\sqrt{x}}{x}", r"\frac{1}{\sqrt{x}}"),
    ],
    "trigonometry": [
        (r"\sin 2x", r"2\sin x\cos x"), (r"\sec x", r"\frac{1}{\cos x}"), (r"1", r"\sin^2\theta+\cos^2\theta"), (r"\frac{\sqrt3}{2}", r"\sin 60^\circ"), (r"\cos 2\theta", r"2\cos^2\theta-1"), (r"\tan^2 x+1", r"\sec^2 x"), (r"\frac{\pi}{6}", r"\arcsin\frac12"), (r"\arctan 2+\arctan\frac12", r"\frac{\pi}{2}"), (r"\sin^2 x", r"(\sin x)^2"), (r"\sin(-x)", r"-\sin x"),
    ],
    "complex": [("2-3i", "-3i+2"), (r"\frac{1+i}{2}", r"\frac12+\frac12i"), ("i", r"e^{i\pi/2}"), (r"\sqrt2+\sqrt2 i", r"2e^{i\pi/4}"), ("5i", r"\sqrt{-25}"), ("2i", "(1+i)^2"), (r"-1", "i^2"), ("1-i", r"\frac{2}{1+i}"), ("6-5i", "6.0-5.0i")],
    "equations": [
        ("x=7", "7"), ("7", "x=7"), ("x=7", "7=x"), ("y=3x-2", "y = -2+3x"), ("y=3x-2", "3x-y-2=0"), ("x^2+y^2=9", "y^2+x^2=9"), ("x^2+y^2=9", "x^2+y^2-9=0"), (r"k=\frac23", r"\frac{2}{3}"), ("12", "S=12"), ("12", r"\text{Area}=12"), ("12", "BC=12"),
        ("f(x)=x^2+1", "f(x)=1+x^2"), ("a_n=2n-1", "a_n=-1+2n"), ("25", "m+n=25"), ("25", "m+n=9+16=25"), ("42", r"6\times7=42"), ("(x-1)^2+y^2=4", "x^2-2x+y^2-3=0"), (r"\theta=\frac{\pi}{3}", r"\frac{\pi}{3}"), ("(x,y)=(1,2)", "(1,2)"), ("x=1,y=2", "(1,2)"), ("x=1,y=2", "y=2,x=1"), (r"x_1=3", "3"), ("4", r"|AB|=4"), ("P(X=2)=0.3", "0.3"),
    ],
    "intervals": [
        ("(3,7)", "3<x<7"), ("[3,7)", r"3\le x<7"), ("x>4", r"(4,\infty)"), (r"x\le -2", r"(-\infty,-2]"), (r"(-\infty,1)\cup(1,\infty)", r"x\ne1"), (r"\mathbb{R}\setminus\{1\}", r"(-\infty,1)\cup(1,\infty)"), (r"\{x\mid x\ge5\}", r"[5,\infty)"), (r"\{x:1<x<2\}", "(1,2)"), ("x>3", "3<x"), (r"x<1\text{ or }x>4", r"(-\infty,1)\cup(4,\infty)"),
        (r"\mathbb{R}", r"(-\infty,\infty)"), (r"[\sqrt3,2]", r"\sqrt{3}\le x\le2"), ("(0,5)", r"x\in(0,5)"), (r"\{x\in\mathbb{R}\mid x<2\}", "x<2"), (r"[-1,1]", "|x|\\le 1"), (r"(2,3]\cup[3,4)", "(2,4)"), (r"a\geq 2", r"[2,+\infty)"), ("2x>6", "x>3"), (r"k<-1\text{ or }k>1", "|k|>1"),
    ],
    "lists": [
        ("2,5", "5, 2"), ("2,5", r"2\text{ and }5"), (r"\{2,5\}", "2,5"), (r"\{2,5\}", "x=2,x=5"), (r"\{2,5\}", r"x=2\text{ or }x=5"), ("(1,2),(3,4)", "(3,4),(1,2)"), ("(2,-1)", r"\left(2,-1\right)"), (r"(\frac12,3)", "(0.5,3)"), (r"\pm5", "5,-5"), (r"\pm5", "x=5 or x=-5"), (r"2\pm\sqrt3", r"2+\sqrt3,2-\sqrt3"), (r"\{-1,0,1\}", r"0,\pm1"),
        (r"\{\frac{1}{2}\}", r"\{0.5\}"), ("3, 4, 5", r"3,\ 4,\text{ and }5"), ("(1,234)", "(1, 234)"), ("2; 5", "2, 5"), ("x=1,x=2", "1,2"), (r"\langle1,2\rangle", r"\langle 1, 2\rangle"),
    ],
    "matrices": [
        (r"\begin{pmatrix}1&0\\0&1\end{pmatrix}", r"\begin{bmatrix}1 & 0 \\ 0 & 1\end{bmatrix}"), (r"\begin{pmatrix}\frac12\\1\end{pmatrix}", r"\begin{pmatrix}0.5\\1\end{pmatrix}"), (r"\begin{pmatrix}3&6\end{pmatrix}", r"3\begin{pmatrix}1&2\end{pmatrix}"), (r"\begin{pmatrix}-1\\2\end{pmatrix}", r"-\begin{pmatrix}1\\-2\end{pmatrix}"),
    ],
    "words": [
        ("Briana", r"\text{Briana}"), ("blue", "Blue"), (r"\text{odd}", "odd."), ("Thursday", r"\textbf{Thursday}"), ("no solution", r"\text{No solution}"), ("no solution", "无解"), ("DNE", "does not exist"), (r"\emptyset", r"\text{empty set}"), (r"\emptyset", r"\{\}"), (r"\infty", r"\text{infinity}"), (r"\mathbb{R}", r"\text{all reals}"), ("the cylinder", "cylinder"), (r"\text{New York}", r"\text{New}\ \text{York}"), ("Yes", r"\text{Yes.}"), ("north-east", "north east"), ("cannot be determined", r"\text{cannot be determined}"), ("true", "True"),
    ],
    "choices": [("C", "(C)"), ("C", r"\text{(C)}"), ("C", r"\textbf{(C)}\ 12"), ("C", "C) 12"), ("C", "C: 12"), ("12", r"\text{(C) }12"), ("ABD", "A,B,D"), ("ABD", r"A\text{ and }B\text{ and }D"), ("D", r"\mathrm{D}"), ("A", "A. the sun"), ("BC", "B、C")],
    "ratios": [("2:3", "2 : 3"), ("2:3", r"2\text{ to }3"), ("5:45", "05:45"), ("5:45", r"5:45\text{ PM}"), ("1:2:4", "1 : 2 : 4"), ("2:3", "2比3")],
    "bases": [("101_2", "101_{2}"), ("3F_{16}", r"3F_{16}"), ("1201_3", r"1201_{\text{three}}"), ("77_8", r"77_{8}")],
    "ordinals": [("4", "4th"), ("22", r"22^{\text{nd}}"), ("3", "3rd"), ("31", r"31^{st}")],
    "dress": [("17", r"\boxed{17}"), ("17", "The answer is 17."), ("17", "Answer: 17"), ("17", r"\textbf{Answer: }17"), (r"\frac{2}{3}", r"\left\frac{2}{3}\right".replace(r"\left", "").replace(r"\right", "")), ("17", r"\color{red}17") , ("x+1", r"\left( x+1 \right)")],
}

DIFFERENT = {
    "integers": [("12345", "12346"), ("12345", "1,2345"), ("42", "4 2"), ("42", "42 43"), ("42", "24"), ("42", "4.2"), ("100", "1 00"), ("6", "3!!".replace("!!", "! !")), ("120", "6!"), ("0", "1 000"), ("15000000", "1.5 million"), ("30", "3万"), ("42", "042.5"), ("10", "1,0")],
    "decimals": [("0.3", r"0.\overline{3}"), ("1/3", "0.33"), ("2/3", "0.667"), ("1", "0.99999"), ("1000", "1000.001"), ("0.1", "0.01"), ("3.14", r"\pi"), ("1", r"0.\overline{8}")],
    "fractions": [(r"\frac{7}{9}", r"\frac{9}{7}"), (r"\frac{3}{2}", "1 1/3"), (r"\frac{1}{3}", r"1\frac{1}{3}"), (r"\frac{4}{3}", r"4\frac13"), ("2", r"4\frac12"), (r"\frac{1}{2^{60}}", r"\frac{1}{2^{61}}"), (r"\frac{1}{100!}", r"\frac{1}{101!}"), (r"\frac{1}{3}x", r"\frac13")],
    "percent": [("25%", "2.5"), ("25%", "25.5"), (r"\frac14", "24%"), ("0.4", "40"), ("25%", "-25%"), ("0.25", r"0.25\%")],
    "scientific": [("45000", r"4.5\times10^5"), ("1e-9", "1e-10"), ("10^{-20}", "10^{-21}"), ("10^{40}", "10^{40}+1"), ("0", "10^{-30}"), ("0", "1e-300")],
    "units": [("15", "16 cm"), (r"15\text{ cm}^2", r"15\text{ cm}^3"), (r"6\text{ feet}", r"6\text{ inches}"), ("36", r"6\text{ cm}^2"), (r"3:30\text{ PM}", r"3:30\text{ AM}"), ("500", "5 m"), (r"\$5", r"€5"), ("42", r"42\text{ is not the answer}"), ("42", r"\text{not }42")],
    "degrees": [("60", r"6^\circ"), (r"60^\circ", r"-60^\circ"), (r"60^\circ", r"120^\circ"), ("30", r"\sin30^\circ")],
    "unicode": [("32", "3²"), ("23", "2³"), ("16", "1⁶"), ("7.5", "7¼"), (r"\sqrt{13}", r"\sqrt{1}3"), ("x^2", "x³"), ("42", "4\u200b3"), ("42", "4\x002"), ("13", "x₁=4")],
    "roots": [(r"\sqrt{13}", r"\sqrt{14}"), (r"\sqrt[3]{4}", r"3\sqrt4"), (r"\sqrt{2}+\sqrt{3}", r"\sqrt{5}"), (r"\pm 4", r"\sqrt{16}"), (r"10^{20}", r"\sqrt{10^{40}+1}"), (r"\sqrt{2}", "1.41421356")],
    "constants": [(r"\pi", "3.14159265"), ("e", "2.718281828"), (r"\ln 5", r"\ln 6"), ("2e", "e^2"), (r"\log_2 3", r"\log_3 2"), (r"\pi^2", r"2\pi")],
    "expressions": [("x^2-4", "x^2+4"), ("(x+1)^2", "x^2+1"), ("2^{n}", "n^2"), ("3x", "x^3"), ("x", "y"), ("3", "x"), ("x+1", "x"), ("(x+1)^{20}", "(x+1)^{21}"), ("ab", "a+b"), (r"\frac{1}{a}+\frac{1}{b}", r"\frac{2}{a+b}"), (r"\sqrt{x^2}", "x"), ("C+x", "x")],
    "trigonometry": [(r"\sin x", r"\cos x"), (r"\sin 2x", r"2\sin x"), (r"\sin^2x", r"\sin x^2"), (r"\frac12", r"\cos 30^\circ"), (r"\tan x", r"\cot x"), (r"\arcsin x", r"\frac{1}{\sin x}")],
    "complex": [("2-3i", "2+3i"), ("2i", "2"), ("i", "-i"), ("3+4i", "5"), ("3+4i", "4+3i")],
    "equations": [("x=7", "y=7"), ("7", "2x=14"), ("7", "x-3=4"), ("25", "x^2+y^2=25"), ("5", "x+y=5"), ("y=3x-2", "y=3x+2"), ("y=x", "y=-x"), ("4", "1=2=3=4"), ("42", "41=42"), ("3", "y=2x+3"), ("x=3", "x"), ("x=3", "x=x"), ("x^2+y^2=9", "x^2+y^2=3"), ("0", "x=y"), ("7", "m+n=3+4=8"), ("3", "x^2=9")],
    "relations": [("7", r"\neq 7"), ("7", r"\geq 7"), ("7", ">7"), ("7", r"x\ge7"), ("7", r"\approx 7"), ("7", r"\sim7"), ("7", r"6\to7"), ("7", r"\le 7"), ("7", r"x\neq7"), ("7", r"\in 7"), ("7", r"\equiv 7"), ("7", r"\not= 7"), ("7", r"\rightarrow 7"), ("7", "=7=8")],
    "intervals": [("(3,7)", "[3,7]"), ("x>4", r"x\ge4"), ("x>4", "x<4"), ("x>4", "y>4"), ("[1,2]", "(1,2)"), (r"(-\infty,2)", r"(2,\infty)"), ("5", "[0,10]"), ("5", r"\mathbb{R}"), (r"(1,2)\cup(3,4)", "(1,4)"), (r"\mathbb{R}", r"\mathbb{Z}"), (r"x\ne1", r"\mathbb{R}"), ("(1,2)", "(2,1)"), ("x<1, x>-2", "x>1")],
    "lists": [("2,5", "2"), ("2", "2,5"), ("2,5", "2,5,7"), ("(2,5)", "(5,2)"), ("(1,2,3)", "(1,2)"), (r"\{1,2\}", r"\{1,3\}"), ("5", r"\pm5"), (r"\pm5", "5"), ("1,2", r"1,2,\ldots"), ("2", "2 or 3"), ("82,4564", "824564"), (r"\{0\}", r"\emptyset"), ("(1,2),(3,4)", "(1,3),(2,4)"), ("2", "1;2;3")],
    "matrices": [(r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", r"\begin{pmatrix}1&3\\2&4\end{pmatrix}"), ("2", r"\begin{pmatrix}2\end{pmatrix}".replace("{2}", "{2}")), (r"\begin{pmatrix}1\\2\end{pmatrix}", r"\begin{pmatrix}2\\1\end{pmatrix}"), ("1", r"\begin{pmatrix}1&0\\0&1\end{pmatrix}")][:1] + [(r"\begin{pmatrix}1\\2\end{pmatrix}", r"\begin{pmatrix}2\\1\end{pmatrix}"), ("1", r"\begin{pmatrix}1&0\\0&1\end{pmatrix}")],
    "words": [("east", "seat"), ("Evelyn", "not Evelyn"), ("even", "neither even nor odd"), ("yes", "yes and no"), ("None", "Neon"), ("none", "none of these"), ("0", "none"), ("True", "1"), ("Yes", "No"), ("Amy", "May"), ("infinity", "finite"), ("undefined", "0"), ("cannot be determined", "determined"), ("dog", "god"), ("42", "forty-three"), ("both", "neither"), ("north", "thorn")],
    "choices": [("C", "D"), ("B", "both"), ("C", "ABC"), ("AB", "ABC"), ("A", "a cat"), ("E", "2.718281828459045"), ("I", r"\sqrt{-1}"), ("C", "C or D"), ("B", "(C) B")],
    "ratios": [("2:3", "3:2"), ("5:45", "5:44"), ("0.4", "2:5"), ("3:4", "3:4:5"), ("11", "1:1"), ("42", "42:1")],
    "bases": [("101_2", "101_3"), ("52_8", "528"), ("52_8", "52^8"), ("77_8", "78_8")],
    "ordinals": [("3", "4th"), ("9", "3^{rd}"), ("2", "22nd")],
    "broken": [("0", ","), ("0", ""), ("0", "?"), ("0", r"\frac{0}{0}"), ("0", r"\infty-\infty"), ("0", "nan"), ("5", "$"), ("5", r"\%"), ("42", "42}"), ("42", r"\frac{42}"), ("42", "(42"), ("42", r"\phantom{42}"), ("1", r"\frac{}{1}"), ("42", r"42\cancel{3}"), ("6", r"\sqrt{}6"), ("42", "print(42)"), ("42", "int('42')")],
}
