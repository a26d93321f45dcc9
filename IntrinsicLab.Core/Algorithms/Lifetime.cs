using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>The life so far of one agent of <see cref="Lpg"/>.</summary>
/// <param name="family">Family of its world, by index.</param>
/// <param name="arm">Pair of step sizes, by index.</param>
/// <param name="length">Updates until it ends.</param>
/// <param name="agent">Its tables.</param>
/// <param name="actions">Source of its choices.</param>
internal sealed class Lifetime(int family, int arm, int length, TabularAgent<float> agent, Rng actions)
{
    // What the last fifth of a life earned is its score.
    private const double Late = 0.8;

    private long lateEpisodes, allEpisodes;
    private double lateReturns, allReturns;

    public int Family => family;

    public int Arm => arm;

    public int Length => length;

    public TabularAgent<float> Agent => agent;

    public Rng Actions { get; private set; } = actions;

    public int Age { get; set; }

    public bool Dropped { get; set; }

    public double Loss { get; set; }

    public double GradientNorm { get; set; }

    public double PolicyEntropy { get; set; }

    public double PredictionEntropy { get; set; }

    public double PolicyTargetSquare { get; set; }

    public double Score => lateEpisodes > 0 ? lateReturns / lateEpisodes : allEpisodes > 0 ? allReturns / allEpisodes : 0;

    public void Drop()
    {
        (Dropped, Loss, GradientNorm) = (true, 0, 0);
        (PolicyEntropy, PredictionEntropy, PolicyTargetSquare) = (0, 0, 0);
    }

    public void Count(int episodes, double returns)
    {
        (allEpisodes, allReturns) = (allEpisodes + episodes, allReturns + returns);
        if (Age > Late * length)
            (lateEpisodes, lateReturns) = (lateEpisodes + episodes, lateReturns + returns);
    }

    public void Save(CheckpointWriter writer)
    {
        foreach (var number in new[] { family, arm, length, Age })
            writer.Write(number);
        writer.Write<float>(agent.Policy);
        writer.Write<float>(agent.Prediction);
        writer.Write<float>(agent.Values);
        Actions.Save(writer);
        writer.Write(lateEpisodes);
        writer.Write(allEpisodes);
        writer.Write(lateReturns);
        writer.Write(allReturns);
    }

    public static Lifetime Load(CheckpointReader reader, ITabularLevel level, int predictions)
    {
        var (family, arm, length, age) = (reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32());
        var agent = new TabularAgent<float>(level.States, level.Actions, predictions);
        reader.ReadInto<float>(agent.Policy);
        reader.ReadInto<float>(agent.Prediction);
        reader.ReadInto<float>(agent.Values);
        return new(family, arm, length, agent, Rng.Load(reader))
        {
            Age = age,
            lateEpisodes = reader.ReadInt64(),
            allEpisodes = reader.ReadInt64(),
            lateReturns = reader.ReadDouble(),
            allReturns = reader.ReadDouble(),
        };
    }
}
