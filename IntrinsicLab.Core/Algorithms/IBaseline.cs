namespace IntrinsicLab.Core.Algorithms;

/// <summary>What is expected from a state on, fitted anew to every batch; it lowers the variance of a policy gradient without bias.</summary>
public interface IBaseline : IDisposable
{
    /// <summary>Expected returns; 0 before the first fit.</summary>
    /// <param name="observations">[N, O].</param>
    /// <param name="times">Steps of the episode before each row's, [N].</param>
    /// <param name="values">Receives them, [N].</param>
    void Predict(ReadOnlySpan<float> observations, ReadOnlySpan<int> times, Span<double> values);

    /// <summary>Learns from a batch.</summary>
    /// <param name="observations">[N, O].</param>
    /// <param name="times">Steps of the episode before each row's, [N].</param>
    /// <param name="targets">What to expect, [N].</param>
    void Fit(ReadOnlySpan<float> observations, ReadOnlySpan<int> times, ReadOnlySpan<double> targets);

    /// <summary>Writes the whole state.</summary>
    void Save(CheckpointWriter writer);

    /// <summary>Restores what <see cref="Save"/> wrote.</summary>
    void Load(CheckpointReader reader);
}

/// <summary>Kinds of <see cref="IBaseline"/>.</summary>
public enum BaselineKind
{
    /// <summary>Least squares on the observation, its square and the time (rllab).</summary>
    Linear,

    /// <summary>A value network with Adam.</summary>
    Network,
}
