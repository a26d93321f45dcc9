namespace IntrinsicLab.Core.Algorithms;

/// <summary>Over what advantages are brought to mean 0 and deviation 1.</summary>
public enum AdvantageNormalisation
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>Over each minibatch.</summary>
    Minibatch,

    /// <summary>Over the whole rollout, once.</summary>
    Batch,
}
