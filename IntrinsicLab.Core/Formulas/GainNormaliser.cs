namespace IntrinsicLab.Core.Formulas;

/// <summary>What the gains of an iteration are divided by.</summary>
public enum GainNormalisation
{
    /// <summary>The mean of the medians of the last iterations, as VIME's released code does.</summary>
    Medians,

    /// <summary>An exponential average of the iterations' means.</summary>
    ExponentialMean,

    /// <summary>The mean of the means of all iterations so far.</summary>
    RunningMean,

    /// <summary>Nothing.</summary>
    None,
}

/// <summary>
/// Makes information gains, whose size falls by orders of magnitude while a model learns, comparable from iteration to iteration: by default each is
/// divided by the mean of the last ten iterations' medians, this iteration's included (code released with Houthooft et al. 2016, "VIME: Variational
/// Information Maximizing Exploration"). Constant factors of the gains, such as λ², cancel.
/// </summary>
public sealed class GainNormaliser
{
    private const double Smallest = 1e-12;

    private readonly GainNormalisation kind;
    private readonly bool includeCurrent;
    private readonly double decay;
    private readonly double[] medians;
    private double[] sorted = [];
    private int count;
    private double average;

    /// <summary>Begins with no iteration seen.</summary>
    /// <param name="kind">What to divide by.</param>
    /// <param name="length">Iterations whose medians count.</param>
    /// <param name="includeCurrent">Whether the gains to be divided count themselves; the first always do.</param>
    /// <param name="decay">Share that the exponential average keeps.</param>
    /// <param name="start">Where the exponential average begins.</param>
    public GainNormaliser(
        GainNormalisation kind = GainNormalisation.Medians, int length = 10, bool includeCurrent = true, double decay = 0.99, double start = 10)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        (this.kind, this.includeCurrent, this.decay) = (kind, includeCurrent, decay);
        medians = new double[length];
        average = kind == GainNormalisation.ExponentialMean ? start : 0;
    }

    /// <summary>What the last gains were divided by; 1 before any.</summary>
    public double Divisor { get; private set; } = 1;

    /// <summary>η·discount^k, the weight of curiosity in iteration k (0 for the first).</summary>
    /// <param name="eta">η.</param>
    /// <param name="discount">Factor per iteration.</param>
    /// <param name="iteration">k.</param>
    public static double Weight(double eta, double discount, int iteration) => eta * Math.Pow(discount, iteration);

    /// <summary>Takes one iteration's gains in and divides them.</summary>
    /// <param name="gains">Gains of all transitions of the iteration, [N].</param>
    /// <param name="normalised">Receives the quotients, [N]; may be the same memory.</param>
    public void Normalise(ReadOnlySpan<double> gains, Span<double> normalised)
    {
        if (gains.IsEmpty)
            return;
        var before = Current();
        Take(gains);
        Divisor = kind == GainNormalisation.None ? 1 : Math.Max(includeCurrent || before is null ? Current()!.Value : before.Value, Smallest);
        for (var i = 0; i < gains.Length; i++)
            normalised[i] = gains[i] / Divisor;
    }

    /// <summary>Writes the whole state.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(count);
        writer.Write(average);
        writer.Write(Divisor);
        foreach (var median in medians)
            writer.Write(median);
    }

    /// <summary>Restores what <see cref="Save"/> wrote.</summary>
    public void Load(BinaryReader reader)
    {
        count = reader.ReadInt32();
        average = reader.ReadDouble();
        Divisor = reader.ReadDouble();
        foreach (ref var median in medians.AsSpan())
            median = reader.ReadDouble();
    }

    private double? Current() => kind switch
    {
        GainNormalisation.Medians when count > 0 => MeanOfMedians(),
        GainNormalisation.ExponentialMean => average,
        GainNormalisation.RunningMean when count > 0 => average,
        _ => null,
    };

    private double MeanOfMedians()
    {
        var held = Math.Min(count, medians.Length);
        var sum = 0.0;
        foreach (var median in medians.AsSpan(0, held))
            sum += median;
        return sum / held;
    }

    private void Take(ReadOnlySpan<double> gains)
    {
        if (kind == GainNormalisation.Medians)
            medians[count % medians.Length] = Median(gains);
        else
        {
            var mean = 0.0;
            foreach (var gain in gains)
                mean += gain;
            mean /= gains.Length;
            average += (mean - average) * (kind == GainNormalisation.ExponentialMean ? 1 - decay : 1.0 / (count + 1));
        }
        count++;
    }

    private double Median(ReadOnlySpan<double> values)
    {
        if (sorted.Length < values.Length)
            sorted = new double[values.Length];
        var own = sorted.AsSpan(0, values.Length);
        values.CopyTo(own);
        own.Sort();
        return (own[(own.Length - 1) / 2] + own[own.Length / 2]) / 2;
    }
}
