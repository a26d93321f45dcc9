namespace IntrinsicLab.Core.Statistics;

/// <summary>The normal distribution with mean 0 and variance 1.</summary>
public static class Normal
{
    /// <summary>Probability of a value up to <paramref name="x"/>.</summary>
    public static double Cumulative(double x) => x < 0
        ? 0.5 * IncompleteGamma.Upper(0.5, x * x / 2)
        : 1 - 0.5 * IncompleteGamma.Upper(0.5, x * x / 2);

    /// <summary>The value that is not exceeded with this probability; infinite at 0 and 1.</summary>
    public static double Quantile(double probability)
    {
        if (probability is <= 0 or >= 1)
            return probability switch { 0 => double.NegativeInfinity, 1 => double.PositiveInfinity, _ => double.NaN };
        return Inverse.Of(Cumulative, probability, -40, 40);
    }
}

/// <summary>Student's t distribution.</summary>
public static class StudentT
{
    /// <summary>Probability of a value at least as far from 0 as <paramref name="t"/>, on either side.</summary>
    /// <param name="t">The value.</param>
    /// <param name="degrees">Degrees of freedom, above 0, whole or not.</param>
    public static double TwoSided(double t, double degrees) => double.IsInfinity(t)
        ? 0
        : IncompleteBeta.Regularised(degrees / 2, 0.5, degrees / (degrees + t * t));

    /// <summary>The value that is not exceeded with this probability.</summary>
    /// <param name="probability">Between 0 and 1.</param>
    /// <param name="degrees">Degrees of freedom, above 0, whole or not.</param>
    public static double Quantile(double probability, double degrees)
    {
        if (probability < 0.5)
            return -Quantile(1 - probability, degrees);
        var high = 1.0;
        while (TwoSided(high, degrees) / 2 > 1 - probability)
            high *= 2;
        return Inverse.Of(t => 1 - TwoSided(t, degrees) / 2, probability, 0, high);
    }
}

/// <summary>Where an increasing function takes a value.</summary>
internal static class Inverse
{
    // Halving the interval until it cannot be halved is slow beside Newton's method and has no case in which it fails.
    public static double Of(Func<double, double> increasing, double value, double low, double high)
    {
        while (true)
        {
            var middle = low + (high - low) / 2;
            if (middle <= low || middle >= high)
                return middle;
            if (increasing(middle) < value)
                low = middle;
            else
                high = middle;
        }
    }
}

/// <summary>Logarithm of the gamma function (Lanczos 1964, g = 7, nine terms).</summary>
internal static class LogGamma
{
    private static readonly double[] Terms =
    [
        0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
        -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
    ];

    public static double Of(double x)
    {
        if (x < 0.5)
            return Math.Log(Math.PI / Math.Sin(Math.PI * x)) - Of(1 - x);
        x -= 1;
        var sum = Terms[0];
        for (var term = 1; term < Terms.Length; term++)
            sum += Terms[term] / (x + term);
        var shifted = x + 7.5;
        return 0.5 * Math.Log(2 * Math.PI) + (x + 0.5) * Math.Log(shifted) - shifted + Math.Log(sum);
    }
}

/// <summary>The regularised incomplete beta function.</summary>
internal static class IncompleteBeta
{
    /// <summary>I_x(a, b).</summary>
    public static double Regularised(double a, double b, double x)
    {
        if (x is <= 0 or >= 1)
            return x <= 0 ? 0 : 1;
        var front = Math.Exp(LogGamma.Of(a + b) - LogGamma.Of(a) - LogGamma.Of(b) + a * Math.Log(x) + b * Math.Log(1 - x));
        // The fraction converges fast on this side of the mean; the other side follows from symmetry.
        return x < (a + 1) / (a + b + 2) ? front * Fraction(a, b, x) / a : 1 - front * Fraction(b, a, 1 - x) / b;
    }

    // Continued fraction of the incomplete beta function, evaluated by Lentz's method (Press et al. 2007, section 6.4).
    private static double Fraction(double a, double b, double x)
    {
        const double tiny = 1e-300;
        var c = 1.0;
        var d = 1 / NotZero(1 - (a + b) * x / (a + 1));
        var result = d;
        for (var m = 1; m <= 10_000; m++)
        {
            var even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
            d = 1 / NotZero(1 + even * d);
            c = NotZero(1 + even / c);
            result *= d * c;
            var odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
            d = 1 / NotZero(1 + odd * d);
            c = NotZero(1 + odd / c);
            result *= d * c;
            if (Math.Abs(d * c - 1) < 1e-16)
                break;
        }
        return result;

        static double NotZero(double value) => Math.Abs(value) < tiny ? tiny : value;
    }
}

/// <summary>The regularised incomplete gamma function.</summary>
internal static class IncompleteGamma
{
    /// <summary>Q(a, x), the upper tail.</summary>
    public static double Upper(double a, double x)
    {
        if (x <= 0)
            return 1;
        var front = Math.Exp(a * Math.Log(x) - x - LogGamma.Of(a));
        return x < a + 1 ? 1 - front * Series(a, x) : front * Fraction(a, x);
    }

    private static double Series(double a, double x)
    {
        var term = 1 / a;
        var sum = term;
        for (var n = 1; n < 10_000 && term > sum * 1e-17; n++)
        {
            term *= x / (a + n);
            sum += term;
        }
        return sum;
    }

    // Lentz's method (Press et al. 2007, section 6.2).
    private static double Fraction(double a, double x)
    {
        const double tiny = 1e-300;
        var b = x + 1 - a;
        var c = 1 / tiny;
        var d = 1 / b;
        var result = d;
        for (var n = 1; n < 10_000; n++)
        {
            var numerator = -n * (n - a);
            b += 2;
            d = numerator * d + b;
            d = 1 / (Math.Abs(d) < tiny ? tiny : d);
            c = b + numerator / c;
            c = Math.Abs(c) < tiny ? tiny : c;
            result *= d * c;
            if (Math.Abs(d * c - 1) < 1e-16)
                break;
        }
        return result;
    }
}
