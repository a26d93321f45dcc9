namespace IntrinsicLab.Data;

/// <summary>One bucket of a roll-up tier while it fills.</summary>
internal struct Bucket
{
    public long N;
    public long NonFinite;
    public long FirstStep;
    public long LastStep;
    public double LastSeconds;
    public double Min;
    public double Max;
    public double Sum;
    public double First;
    public double Last;

    /// <summary>Adds a point that follows those in the bucket.</summary>
    public void Add(long step, double seconds, double value)
    {
        if (N == 0)
            (FirstStep, First, Min, Max) = (step, value, double.NaN, double.NaN);
        N++;
        (LastStep, LastSeconds, Last) = (step, seconds, value);
        if (!double.IsFinite(value))
        {
            NonFinite++;
            return;
        }
        Sum += value;
        // NaN until the first finite value, and nothing is less or greater than NaN.
        Min = value >= Min ? Min : value;
        Max = value <= Max ? Max : value;
    }

    /// <summary>Adds a bucket that follows.</summary>
    public void Add(in Bucket next)
    {
        if (N == 0)
        {
            this = next;
            return;
        }
        N += next.N;
        NonFinite += next.NonFinite;
        (LastStep, LastSeconds, Last) = (next.LastStep, next.LastSeconds, next.Last);
        Sum += next.Sum;
        Min = next.Min >= Min || double.IsNaN(next.Min) ? Min : next.Min;
        Max = next.Max <= Max || double.IsNaN(next.Max) ? Max : next.Max;
    }

    /// <summary>Mean of the finite values; NaN where there are none.</summary>
    public readonly double Mean => N == NonFinite ? double.NaN : Sum / (N - NonFinite);
}

/// <summary>A series while points are added: its summary, and the bucket that is being filled in each tier.</summary>
internal sealed class SeriesState(long id, string name)
{
    /// <summary>Points per bucket of each tier.</summary>
    public static readonly long[] Widths = [16, 256, 4096];

    public readonly Bucket[] Filling = new Bucket[Widths.Length];
    public long Id = id;
    public string Name = name;
    public long Count;
    public long NonFinite;
    public long LastStep;
    public double LastSeconds;
    public double LastValue;
    public double Min = double.NaN;
    public double Max = double.NaN;
    public long Sequence;

    /// <summary>Adds the next point; buckets that become full go to <paramref name="tiers"/>.</summary>
    public void Add(long step, double seconds, double value, RowBatch tiers)
    {
        for (var tier = 0; tier < Widths.Length; tier++)
        {
            ref var bucket = ref Filling[tier];
            bucket.Add(step, seconds, value);
            if (bucket.N < Widths[tier])
                continue;
            Write(tier, Count / Widths[tier], bucket, tiers);
            bucket = default;
        }
        Count++;
        Sequence++;
        (LastStep, LastSeconds, LastValue) = (step, seconds, value);
        if (!double.IsFinite(value))
        {
            NonFinite++;
            return;
        }
        Min = value >= Min ? Min : value;
        Max = value <= Max ? Max : value;
    }

    /// <summary>Back to no points at all.</summary>
    public void Clear()
    {
        Array.Clear(Filling);
        (Count, NonFinite, LastStep, LastSeconds, LastValue, Min, Max) = (0, 0, 0, 0, 0, double.NaN, double.NaN);
    }

    /// <summary>Writes the buckets that are not full yet.</summary>
    public void WriteFilling(RowBatch tiers)
    {
        for (var tier = 0; tier < Widths.Length; tier++)
            if (Filling[tier].N > 0)
                Write(tier, Count / Widths[tier], Filling[tier], tiers);
    }

    private void Write(int tier, long index, in Bucket bucket, RowBatch tiers) => tiers.Add(
        [Id, Widths[tier], index, bucket.N, bucket.NonFinite, bucket.FirstStep, bucket.LastStep],
        [bucket.LastSeconds, bucket.Min, bucket.Max, bucket.Sum, bucket.First, bucket.Last]);
}
