using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>
/// What was done and paid lately: the last 2,048 steps over all environments, and the last 100 episodes. Figures are drawn from it, so that
/// they say something where a rollout has a few steps only; it is in the checkpoint, so that those of a resumed run are the same.
/// </summary>
internal sealed class RewardLog
{
    private const int MostRows = 2048;
    private const int MostEpisodes = 100;

    private readonly int environments, capacity;
    private readonly float[] actions, learned, extrinsic;
    private readonly bool[] ended;
    private readonly Queue<(double Return, double Learned)> episodes = new(MostEpisodes);
    private long taken;

    /// <summary>Makes room.</summary>
    /// <param name="spec">What is done.</param>
    /// <param name="environments">Environments stepped together, B.</param>
    public RewardLog(EnvironmentSpec spec, int environments)
    {
        (this.environments, ActionSize, capacity) = (environments, spec.Action.Size, Math.Max(1, MostRows / environments));
        var rows = capacity * environments;
        (actions, learned, extrinsic, ended) = (new float[rows * ActionSize], new float[rows], new float[rows], new bool[rows]);
    }

    /// <summary>Values of one action.</summary>
    public int ActionSize { get; }

    /// <summary>Environments stepped together, B.</summary>
    public int Environments => environments;

    /// <summary>Steps of each environment that are known, T.</summary>
    public int Steps => (int)Math.Min(taken, capacity);

    /// <summary>The last episodes, the latest at the end: raw return, and the sum of learned rewards.</summary>
    public IReadOnlyCollection<(double Return, double Learned)> Episodes => episodes;

    /// <summary>Adds a rollout.</summary>
    /// <param name="rollout">Actions, rewards and ends.</param>
    /// <param name="rewards">The learned reward of each step when it was taken, [T, B].</param>
    /// <param name="reported">What was reported of the rollout: returns of its episodes, extrinsic and learned.</param>
    public void Add(Rollout rollout, ReadOnlySpan<float> rewards, IReadOnlyList<MetricValue> reported)
    {
        for (var row = 0; row < rollout.Rows; row += environments)
        {
            var place = (int)(taken++ % capacity) * environments;
            rollout.Actions.AsSpan(row * ActionSize, environments * ActionSize).CopyTo(actions.AsSpan(place * ActionSize));
            rewards.Slice(row, environments).CopyTo(learned.AsSpan(place));
            rollout.Rewards.AsSpan(row, environments).CopyTo(extrinsic.AsSpan(place));
            rollout.Ended.AsSpan(row, environments).CopyTo(ended.AsSpan(place));
        }
        var sums = reported.Where(point => point.Metric == Metrics.IntrinsicReturn).ToDictionary(point => point.Step, point => point.Value);
        foreach (var point in reported)
        {
            if (point.Metric != Metrics.EpisodeReturn || !sums.TryGetValue(point.Step, out var sum))
                continue;
            if (episodes.Count == MostEpisodes)
                episodes.Dequeue();
            episodes.Enqueue((point.Value, sum));
        }
    }

    /// <summary>One of the steps known.</summary>
    /// <param name="step">Which, from 0, the oldest, to T − 1.</param>
    /// <param name="environment">Which, from 0 to B − 1.</param>
    public PaidStep this[int step, int environment]
    {
        get
        {
            var row = (int)((taken - Steps + step) % capacity) * environments + environment;
            return new(actions.AsSpan(row * ActionSize, ActionSize), learned[row], extrinsic[row], ended[row]);
        }
    }

    /// <summary>Writes everything.</summary>
    public void Save(CheckpointWriter writer)
    {
        writer.Write(taken);
        writer.Write<float>(actions);
        writer.Write<float>(learned);
        writer.Write<float>(extrinsic);
        writer.Write<bool>(ended);
        writer.Write(episodes.Count);
        foreach (var (value, sum) in episodes)
        {
            writer.Write(value);
            writer.Write(sum);
        }
    }

    /// <summary>Restores what <see cref="Save"/> wrote. A checkpoint from before there was a log ends here: the log begins anew.</summary>
    public void Load(CheckpointReader reader)
    {
        episodes.Clear();
        taken = 0;
        if (reader.BaseStream.Position == reader.BaseStream.Length)
            return;
        taken = reader.ReadInt64();
        reader.ReadInto<float>(actions);
        reader.ReadInto<float>(learned);
        reader.ReadInto<float>(extrinsic);
        reader.ReadInto<bool>(ended);
        for (var left = reader.ReadInt32(); left > 0; left--)
            episodes.Enqueue((reader.ReadDouble(), reader.ReadDouble()));
    }
}

/// <summary>A step and what was paid for it.</summary>
/// <param name="action">What was done, not held within its bounds.</param>
/// <param name="learned">Learned reward when it was taken, before it is weighted.</param>
/// <param name="extrinsic">Extrinsic reward as the learner sees it.</param>
/// <param name="ended">It ended its episode.</param>
internal readonly ref struct PaidStep(ReadOnlySpan<float> action, float learned, float extrinsic, bool ended)
{
    public ReadOnlySpan<float> Action { get; } = action;

    public float Learned { get; } = learned;

    public float Extrinsic { get; } = extrinsic;

    public bool Ended { get; } = ended;
}
