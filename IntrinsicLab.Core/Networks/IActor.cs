namespace IntrinsicLab.Core.Networks;

/// <summary>A stochastic policy with a state-value function: a forward pass computes both.</summary>
public interface IActor : IStochasticPolicy
{
    /// <summary>State values of the last forward pass, [N].</summary>
    ReadOnlySpan<float> Values { get; }
}

/// <summary>A stochastic policy as acting needs it: a forward pass, then questions about its rows.</summary>
public interface IStochasticPolicy
{
    /// <summary>Computes the policy, and whatever else the network puts out.</summary>
    /// <param name="observations">[N, O].</param>
    /// <param name="rows">N.</param>
    void Forward(ReadOnlySpan<float> observations, int rows);

    /// <summary>Draws an action for every row of the last forward pass.</summary>
    /// <param name="rng">Source of the choice.</param>
    /// <param name="actions">Receives [N, A], or [N] indices; not clipped to any bounds.</param>
    void Sample(Rng rng, Span<float> actions);

    /// <summary>The most likely action for every row of the last forward pass.</summary>
    /// <param name="actions">Receives [N, A], or [N] indices.</param>
    void Mode(Span<float> actions);

    /// <summary>How likely actions are after the last forward pass.</summary>
    /// <param name="actions">[N, A], or [N] indices.</param>
    /// <param name="negativeLogProbabilities">Receives −log π(a|s), [N].</param>
    /// <returns>Mean entropy of the policy over the rows.</returns>
    float Evaluate(ReadOnlySpan<float> actions, Span<float> negativeLogProbabilities);
}
