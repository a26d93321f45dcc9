using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>
/// Pixel control or feature control (Jaderberg et al. 2016, section 3.1): action values of its own for every cell, learnt by n-step Q-learning from
/// what an action changes there. The policy never acts on them; what they teach is the network below.
/// </summary>
internal sealed class ControlTask
{
    /// <summary>Units of the head's hidden layer.</summary>
    public const int HiddenUnits = 64;

    private readonly int cells, actions, environments;
    private readonly MlpPass pass;
    private readonly float[] values, targets, coreGradient;

    /// <summary>Makes room.</summary>
    /// <param name="core">Values that the head reads.</param>
    /// <param name="cells">Cells.</param>
    /// <param name="actions">Discrete actions.</param>
    /// <param name="steps">T, steps of a sequence.</param>
    /// <param name="environments">B, sequences.</param>
    public ControlTask(int core, int cells, int actions, int steps, int environments)
    {
        (this.cells, this.actions, this.environments) = (cells, actions, environments);
        Head = new Mlp(core, [HiddenUnits], cells * (1 + actions), Activation.Relu);
        var rows = (steps + 1) * environments;
        pass = new MlpPass(Head, rows);
        (values, targets, coreGradient) = (new float[rows * cells * actions], new float[steps * environments * cells], new float[rows * core]);
        (MeanValues, MeanRewards) = (new double[cells], new double[cells]);
    }

    /// <summary>From core to V and A of every cell.</summary>
    public Mlp Head { get; }

    /// <summary>Mean of max_a Q over the rows of the last sequence, for every cell.</summary>
    public double[] MeanValues { get; }

    /// <summary>Mean pseudo-reward over them.</summary>
    public double[] MeanRewards { get; }

    /// <summary>Computes loss and gradient on a sequence.</summary>
    /// <param name="parameters">The head's own.</param>
    /// <param name="core">What the network made of the sequence, [T + 1, B, C].</param>
    /// <param name="taken">Actions, [T, B].</param>
    /// <param name="rewards">Pseudo-rewards, [T, B, cells].</param>
    /// <param name="ended">Whether the step ended its episode, [T, B].</param>
    /// <param name="gamma">Discount.</param>
    /// <param name="weight">Weight of a step's loss.</param>
    /// <param name="gradient">Receives the gradient with respect to the head's parameters.</param>
    /// <param name="addedCoreGradient">That with respect to <paramref name="core"/> is added to it.</param>
    /// <returns>Mean loss of a step, and mean absolute error of a cell's value.</returns>
    public (double Loss, double Error) Learn(
        ReadOnlySpan<float> parameters, ReadOnlySpan<float> core, ReadOnlySpan<float> taken, ReadOnlySpan<float> rewards, ReadOnlySpan<bool> ended,
        float gamma, float weight, Span<float> gradient, Span<float> addedCoreGradient)
    {
        var (rows, width) = (ended.Length, cells * actions);
        pass.Forward(parameters, core, rows + environments);
        for (var row = 0; row < rows + environments; row++)
            AuxiliaryLosses.Duel(pass.Outputs.Slice(row * Head.Outputs, Head.Outputs), actions, values.AsSpan(row * width, width));
        AuxiliaryLosses.ControlTargets(rewards, ended, values.AsSpan(rows * width, environments * width), actions, gamma, targets);
        var (loss, error) = (0.0, 0.0);
        for (var row = 0; row < rows; row++)
        {
            var action = (int)taken[row];
            var own = values.AsSpan(row * width, width);
            loss += AuxiliaryLosses.ControlLoss<float>(
                own, targets.AsSpan(row * cells, cells), action, actions, weight, pass.OutputGradient.Slice(row * Head.Outputs, Head.Outputs));
            for (var cell = 0; cell < cells; cell++)
                error += Math.Abs(own[cell * actions + action] - targets[row * cells + cell]);
        }
        // What is bootstrapped from is no prediction to correct.
        pass.OutputGradient[(rows * Head.Outputs)..].Clear();
        pass.Backward(parameters, core, gradient, coreGradient);
        FlatMemory.Add(coreGradient, addedCoreGradient);
        Summarise(rewards, rows);
        return (loss / rows, error / (rows * cells));
    }

    private void Summarise(ReadOnlySpan<float> rewards, int rows)
    {
        Array.Clear(MeanValues);
        Array.Clear(MeanRewards);
        for (var row = 0; row < rows; row++)
            for (var cell = 0; cell < cells; cell++)
            {
                var best = values[(row * cells + cell) * actions];
                for (var action = 1; action < actions; action++)
                    best = Math.Max(best, values[(row * cells + cell) * actions + action]);
                MeanValues[cell] += best / rows;
                MeanRewards[cell] += rewards[row * cells + cell] / rows;
            }
    }
}

/// <summary>
/// Reward prediction (Jaderberg et al. 2016, section 3.2): from what is perceived in three observations, without memory, whether the next reward is
/// none, positive or negative.
/// </summary>
internal sealed class RewardPrediction
{
    /// <summary>Units of the head's hidden layer.</summary>
    public const int HiddenUnits = 64;

    private const int Frames = 3, Classes = 3;

    private readonly RecurrentNetwork network;
    private readonly EncoderPass encoder;
    private readonly MlpPass pass;
    private readonly float[] observations, perceptionGradient;
    private readonly int[] classes;

    /// <summary>Makes room.</summary>
    /// <param name="network">Whose encoder perceives.</param>
    /// <param name="samples">Predictions of an update.</param>
    public RewardPrediction(RecurrentNetwork network, int samples)
    {
        this.network = network;
        encoder = new EncoderPass(network.Encoder, Frames * samples);
        Head = new Mlp(Frames * network.Encoder.Perceived, [HiddenUnits], Classes, Activation.Relu);
        pass = new MlpPass(Head, samples);
        observations = new float[Frames * samples * network.Encoder.Inputs];
        perceptionGradient = new float[Frames * samples * network.Encoder.Perceived];
        classes = new int[samples];
    }

    /// <summary>From three perceptions to the classes' logits.</summary>
    public Mlp Head { get; }

    /// <summary>Predictions drawn and predictions right in the last update, by class.</summary>
    public (int[] Drawn, int[] Right) Score { get; } = (new int[Classes], new int[Classes]);

    /// <summary>Draws observations and computes loss and gradient on them.</summary>
    /// <param name="parameters">All parameters, the encoder's first.</param>
    /// <param name="headParameters">The head's own.</param>
    /// <param name="memory">Where to draw.</param>
    /// <param name="rng">Source of the choice.</param>
    /// <param name="weight">Weight of a prediction's loss.</param>
    /// <param name="encoderGradient">Receives the gradient with respect to the encoder's parameters.</param>
    /// <param name="headGradient">Receives that with respect to the head's.</param>
    /// <returns>Mean cross-entropy; null where there was nothing to draw.</returns>
    public double? Learn(
        ReadOnlySpan<float> parameters, ReadOnlySpan<float> headParameters, ReplayMemory memory, Rng rng, float weight, Span<float> encoderGradient,
        Span<float> headGradient) =>
        memory.DrawTriples(rng, observations, classes)
            ? Learn(parameters, headParameters, observations, classes, weight, encoderGradient, headGradient)
            : null;

    /// <summary>As the other, on given observations, [N, 3, O], and classes, [N].</summary>
    public double Learn(
        ReadOnlySpan<float> parameters, ReadOnlySpan<float> headParameters, ReadOnlySpan<float> triples, ReadOnlySpan<int> labels, float weight,
        Span<float> encoderGradient, Span<float> headGradient)
    {
        encoder.Perceive(parameters, triples, Frames * labels.Length);
        pass.Forward(headParameters, encoder.Perception, labels.Length);
        Array.Clear(Score.Drawn);
        Array.Clear(Score.Right);
        var loss = 0.0;
        for (var row = 0; row < labels.Length; row++)
        {
            var logits = pass.Outputs.Slice(row * Classes, Classes);
            loss += Categorical.Evaluate(logits, labels[row]).NegativeLogProbability;
            Categorical.Gradient(logits, labels[row], weight, 0f, pass.OutputGradient.Slice(row * Classes, Classes));
            Score.Drawn[labels[row]]++;
            Score.Right[labels[row]] += Categorical.Mode(logits) == labels[row] ? 1 : 0;
        }
        pass.Backward(headParameters, encoder.Perception, headGradient, perceptionGradient);
        encoder.BackwardPerception(parameters, triples, perceptionGradient, encoderGradient[..network.Encoder.ParameterCount]);
        return loss / labels.Length;
    }
}
