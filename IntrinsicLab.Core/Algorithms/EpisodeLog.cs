using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>Counts training episodes and keeps the raw returns of the last 100, whose mean is the field's usual score.</summary>
public sealed class EpisodeLog
{
    private const int Window = 100;

    private readonly Queue<double> returns = new(Window);

    /// <summary>Episodes finished.</summary>
    public long Count { get; private set; }

    /// <summary>Adds an episode and reports it.</summary>
    /// <param name="episode">What ended.</param>
    /// <param name="points">Receives its metrics.</param>
    public void Add(Episode episode, List<MetricValue> points)
    {
        Count++;
        if (returns.Count == Window)
            returns.Dequeue();
        returns.Enqueue(episode.Return);
        points.Add(new(Metrics.EpisodeReturn, episode.Step, episode.Return));
        points.Add(new(Metrics.EpisodeLength, episode.Step, episode.Length));
    }

    /// <summary>Reports the mean return of the last episodes, once there is one.</summary>
    /// <param name="step">Environment step it belongs to.</param>
    /// <param name="points">Receives the metric.</param>
    public void Summarise(long step, List<MetricValue> points)
    {
        if (returns.Count > 0)
            points.Add(new(Metrics.ExtrinsicReturn, step, returns.Average()));
    }

    /// <summary>Writes the whole state.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(Count);
        writer.Write(returns.Count);
        foreach (var value in returns)
            writer.Write(value);
    }

    /// <summary>Restores what <see cref="Save"/> wrote.</summary>
    public void Load(BinaryReader reader)
    {
        Count = reader.ReadInt64();
        returns.Clear();
        for (var left = reader.ReadInt32(); left > 0; left--)
            returns.Enqueue(reader.ReadDouble());
    }
}
