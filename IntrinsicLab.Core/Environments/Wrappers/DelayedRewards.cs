namespace IntrinsicLab.Core.Environments.Wrappers;

/// <summary>
/// Withholds the rewards of N streams and pays each stream's sum every <see cref="Period"/> steps and when its episode ends
/// (delayed MuJoCo, Zheng, Oh and Singh 2018, section 5.2). A period of 1 changes nothing.
/// </summary>
public sealed class DelayedRewards
{
    private readonly double[] withheld;
    private readonly int[] waited;

    /// <summary>Begins with nothing withheld.</summary>
    /// <param name="count">Number of streams.</param>
    /// <param name="period">Steps from one payment to the next.</param>
    public DelayedRewards(int count, int period)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(period);
        withheld = new double[count];
        waited = new int[count];
        Period = period;
    }

    /// <summary>Steps from one payment to the next.</summary>
    public int Period { get; }

    /// <summary>Sum that each stream is still owed.</summary>
    public ReadOnlySpan<double> Withheld => withheld;

    /// <summary>Steps since each stream's last payment.</summary>
    public ReadOnlySpan<int> Waited => waited;

    /// <summary>Takes one reward of one stream and returns what is paid now.</summary>
    public double Pay(int stream, double reward, bool ended)
    {
        // A first reward is taken over as it is: adding it to zero would turn −0 into 0.
        withheld[stream] = waited[stream] == 0 ? reward : withheld[stream] + reward;
        waited[stream]++;
        if (!ended && waited[stream] < Period)
            return 0.0;
        var sum = withheld[stream];
        Forget(stream);
        return sum;
    }

    /// <summary>Drops what one stream is owed.</summary>
    public void Forget(int stream)
    {
        withheld[stream] = 0.0;
        waited[stream] = 0;
    }

    /// <summary>Writes the whole state.</summary>
    public void Save(BinaryWriter writer)
    {
        for (var stream = 0; stream < withheld.Length; stream++)
        {
            writer.Write(withheld[stream]);
            writer.Write(waited[stream]);
        }
    }

    /// <summary>Restores what <see cref="Save"/> wrote for as many streams.</summary>
    public void Load(BinaryReader reader)
    {
        for (var stream = 0; stream < withheld.Length; stream++)
        {
            withheld[stream] = reader.ReadDouble();
            waited[stream] = reader.ReadInt32();
        }
    }
}
