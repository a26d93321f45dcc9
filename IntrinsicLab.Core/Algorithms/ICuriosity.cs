namespace IntrinsicLab.Core.Algorithms;

/// <summary>
/// A reward for what is new: scores a rollout with what is known before it, then learns from it. Scoring changes nothing that is learnt and draws
/// from random streams of its own.
/// </summary>
public interface ICuriosity : IDisposable
{
    /// <summary>Scores steps that nothing was learnt from yet. All are 0 while there is nothing to judge by.</summary>
    /// <param name="transitions">N steps.</param>
    /// <param name="scores">Receives the scores in their own unit, [N]: for logs.</param>
    /// <param name="bonuses">Receives them normalised, [N]: the intrinsic reward, before its weight η.</param>
    void Score(Transitions transitions, Span<double> scores, Span<double> bonuses);

    /// <summary>Learns from steps that were scored.</summary>
    /// <param name="transitions">N steps, whole paths.</param>
    CuriosityFit Learn(Transitions transitions);

    /// <summary>Writes the whole state.</summary>
    void Save(CheckpointWriter writer);

    /// <summary>Restores what <see cref="Save"/> wrote into one made alike.</summary>
    void Load(CheckpointReader reader);
}

/// <summary>What learning from a rollout did.</summary>
/// <param name="Updates">Gradient steps taken.</param>
/// <param name="ErrorBefore">Mean squared error over the rollout before, per predicted value.</param>
/// <param name="ErrorAfter">The same after.</param>
public readonly record struct CuriosityFit(int Updates, double ErrorBefore, double ErrorAfter);
