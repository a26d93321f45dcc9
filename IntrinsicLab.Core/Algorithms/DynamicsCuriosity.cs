using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Formulas;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>What a model of the world finds interesting.</summary>
public enum DynamicsBonus
{
    /// <summary>What would teach it most: information gain (Houthooft et al. 2016).</summary>
    InformationGain,

    /// <summary>What it predicts worst: squared error of its mean prediction, the baseline that the same paper calls L2.</summary>
    PredictionError,
}

/// <summary>
/// Curiosity by a <see cref="DynamicsModel"/>: information gain, or for comparison the prediction error of the very same model, divided by what
/// <see cref="GainNormaliser"/> says. Before the model was trained for the first time there is no bonus.
/// </summary>
/// <param name="bonus">What counts.</param>
/// <param name="settings">Settings of the model.</param>
/// <param name="normaliser">Makes iterations comparable; owned from here on.</param>
/// <param name="spec">What is observed and done.</param>
/// <param name="rng">Parent of its random streams.</param>
public sealed class DynamicsCuriosity(
    DynamicsBonus bonus, DynamicsSettings settings, GainNormaliser normaliser, EnvironmentSpec spec, Rng rng) : ICuriosity
{
    private double[] errors = [];

    /// <summary>The model.</summary>
    public DynamicsModel Model { get; } = new(settings, spec, rng);

    /// <summary>Divides the scores.</summary>
    public GainNormaliser Normaliser => normaliser;

    /// <inheritdoc/>
    public void Score(Transitions transitions, Span<double> scores, Span<double> bonuses)
    {
        if (Model.Steps == 0)
        {
            scores.Clear();
            bonuses.Clear();
            return;
        }
        if (bonus == DynamicsBonus.InformationGain)
            Model.Gains(transitions, scores);
        else
            Model.Errors(transitions, scores);
        if (settings.AsReleased)
            LoseLastSteps(transitions.EndsPath, scores);
        normaliser.Normalise(scores, bonuses);
    }

    /// <summary>What these steps would be paid now, with the same noise on every call; changes nothing.</summary>
    /// <param name="transitions">N steps.</param>
    /// <param name="bonuses">Receives the normalised scores, [N].</param>
    public void Look(Transitions transitions, Span<double> bonuses)
    {
        if (Model.Steps == 0)
        {
            bonuses.Clear();
            return;
        }
        if (bonus == DynamicsBonus.InformationGain)
            Model.Look(transitions, bonuses);
        else
            Model.Errors(transitions, bonuses);
        foreach (ref var score in bonuses)
            score /= normaliser.Divisor;
    }

    /// <inheritdoc/>
    public CuriosityFit Learn(Transitions transitions)
    {
        // Errors before and after are in the same unit: the pool is measured with the new steps in it.
        Model.Add(transitions);
        var before = MeanError(transitions);
        var updates = Model.Train();
        return new(updates, before, updates == 0 ? before : MeanError(transitions));
    }

    /// <inheritdoc/>
    public void Save(CheckpointWriter writer)
    {
        Model.Save(writer);
        normaliser.Save(writer);
    }

    /// <inheritdoc/>
    public void Load(CheckpointReader reader)
    {
        Model.Load(reader);
        normaliser.Load(reader);
    }

    /// <inheritdoc/>
    public void Dispose() => Model.Dispose();

    // The released code has no observation after a path's last action, so that step takes the score of the one before; alone on its path it has none.
    private static void LoseLastSteps(ReadOnlySpan<bool> endsPath, Span<double> scores)
    {
        for (var row = 0; row < endsPath.Length; row++)
            if (endsPath[row])
                scores[row] = row > 0 && !endsPath[row - 1] ? scores[row - 1] : 0;
    }

    private double MeanError(Transitions transitions)
    {
        if (errors.Length < transitions.Count)
            errors = new double[transitions.Count];
        var found = errors.AsSpan(0, transitions.Count);
        Model.Errors(transitions, found);
        var sum = 0.0;
        foreach (var error in found)
            sum += error;
        return sum / (transitions.Count * spec.Observation.Size);
    }
}
