using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>
/// Lets a policy act in [−1, 1] whatever the bounds: action = low + (a + 1)/2·(high − low), for components with finite bounds (rllab's
/// normalised environments). The policy's own numbers are what likelihoods are computed with.
/// </summary>
public sealed class ActionScale
{
    private readonly float[] low, half;

    /// <summary>Reads the bounds.</summary>
    /// <param name="space">Where actions come from; discrete ones stay as they are.</param>
    public ActionScale(Space space)
    {
        (low, half) = (new float[space.Size], new float[space.Size]);
        for (var i = 0; i < half.Length; i++)
            if (space is Box box && float.IsFinite(box.Low[i]) && float.IsFinite(box.High[i]))
                (low[i], half[i]) = (box.Low[i], (box.High[i] - box.Low[i]) / 2);
    }

    /// <summary>What the environment is told, not clipped.</summary>
    /// <param name="action">The policy's action, [A].</param>
    /// <param name="scaled">Receives it in the environment's units, [A]; may be the same memory.</param>
    public void Apply(ReadOnlySpan<float> action, Span<float> scaled)
    {
        for (var i = 0; i < half.Length; i++)
            scaled[i] = half[i] > 0 ? low[i] + (action[i] + 1) * half[i] : action[i];
    }

    /// <summary>The policy's action that the environment was told so.</summary>
    /// <param name="scaled">In the environment's units, [A].</param>
    /// <param name="action">Receives it, [A]; may be the same memory.</param>
    public void Undo(ReadOnlySpan<float> scaled, Span<float> action)
    {
        for (var i = 0; i < half.Length; i++)
            action[i] = half[i] > 0 ? (scaled[i] - low[i]) / half[i] - 1 : scaled[i];
    }
}
