using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Wrappers;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Core.Optimizers;
using static TorchSharp.torch;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>
/// Curiosity by distillation of a random network (Burda et al. 2018, "Exploration by Random Network Distillation"): a predictor learns what a fixed
/// random network makes of the observations that were visited; its mean squared error says how unlike them the next observation is. There is
/// nothing to predict but a deterministic function of the observation, so noise in the dynamics cannot attract it.
/// </summary>
/// <remarks>
/// Observations are normalised by running moments and clipped; the error is divided by the running deviation of the discounted sum of errors, which
/// runs on across episodes. Unlike in the paper the moments take a rollout in before it is scored, in place of a phase of random steps.
/// </remarks>
public sealed class RandomNetworkCuriosity : ICuriosity
{
    private const int Chunk = 64;

    private readonly RandomNetworkSettings settings;
    private readonly Mlp predictor;
    private readonly MlpPass targetPass, predictorPass;
    private readonly float[] target, input;
    private readonly Tensor parameters, gradient;
    private readonly Adam optimizer = new(epsilon: 1e-8);
    private readonly OptimizerState moments;
    private readonly ObservationNormaliser observations;
    private readonly RunningMoments returns = new(1);
    private readonly int observationSize;
    private double[] errors = [];
    private int[] order = [];
    private double discounted;
    private Rng shuffles;

    /// <summary>Makes both networks.</summary>
    /// <param name="settings">Settings.</param>
    /// <param name="spec">What is observed.</param>
    /// <param name="rng">Parent of its random streams.</param>
    public RandomNetworkCuriosity(RandomNetworkSettings settings, EnvironmentSpec spec, Rng rng)
    {
        this.settings = settings;
        observationSize = spec.Observation.Size;
        var fixedNetwork = new Mlp(observationSize, settings.TargetHidden, settings.Features, Activation.Relu);
        predictor = new Mlp(observationSize, settings.PredictorHidden, settings.Features, Activation.Relu);
        var rows = Math.Max(Chunk, settings.Minibatch);
        (targetPass, predictorPass) = (new MlpPass(fixedNetwork, rows), new MlpPass(predictor, rows));
        (target, input) = (new float[fixedNetwork.ParameterCount], new float[rows * observationSize]);
        fixedNetwork.Initialise(target, rng.Split("target"), (settings.Features, 1));
        var memory = new float[predictor.ParameterCount];
        predictor.Initialise(memory, rng.Split("predictor"), (settings.Features, 1));
        parameters = FlatMemory.ToTensor(memory, [memory.Length], CPU);
        using (no_grad())
            gradient = zeros_like(parameters);
        moments = optimizer.Initial(parameters);
        observations = new ObservationNormaliser(observationSize, settings.ObservationClip);
        shuffles = rng.Split("minibatches");
    }

    /// <summary>Divides the errors: the deviation of their discounted sum.</summary>
    public double Divisor => Math.Sqrt(returns.Variance[0] + 1e-12);

    /// <inheritdoc/>
    public void Score(Transitions transitions, Span<double> scores, Span<double> bonuses)
    {
        observations.Moments.Update(transitions.NextObservations);
        Errors(transitions, scores);
        for (var row = 0; row < transitions.Count; row++)
            bonuses[row] = discounted = settings.Gamma * discounted + scores[row];
        returns.Update<double>(bonuses[..transitions.Count]);
        var divisor = Divisor;
        for (var row = 0; row < transitions.Count; row++)
            bonuses[row] = scores[row] / divisor;
    }

    /// <summary>What these steps would be paid now; changes nothing.</summary>
    /// <param name="transitions">N steps.</param>
    /// <param name="bonuses">Receives the normalised errors, [N].</param>
    public void Look(Transitions transitions, Span<double> bonuses)
    {
        Errors(transitions, bonuses);
        foreach (ref var error in bonuses)
            error /= Divisor;
    }

    /// <inheritdoc/>
    public CuriosityFit Learn(Transitions transitions)
    {
        var count = transitions.Count;
        if (errors.Length < count)
            (errors, order) = (new double[count], new int[count]);
        var before = MeanError(transitions);
        var updates = 0;
        for (var epoch = 0; epoch < settings.Epochs; epoch++)
        {
            for (var row = 0; row < count; row++)
                order[row] = row;
            shuffles.Shuffle(order.AsSpan(0, count));
            for (var from = 0; from < count; from += settings.Minibatch, updates++)
            {
                var rows = Math.Min(settings.Minibatch, count - from);
                for (var row = 0; row < rows; row++)
                    Normalise(transitions, order[from + row], row);
                Forward(rows);
                var scale = 2f / (rows * settings.Features);
                for (var i = 0; i < rows * settings.Features; i++)
                    predictorPass.OutputGradient[i] = (predictorPass.Outputs[i] - targetPass.Outputs[i]) * scale;
                predictorPass.Backward(FlatMemory.Of(parameters), input.AsSpan(0, rows * observationSize), FlatMemory.Of(gradient));
                optimizer.StepInPlace(parameters, gradient, moments, settings.LearningRate);
            }
        }
        return new(updates, before, MeanError(transitions));
    }

    /// <inheritdoc/>
    public void Save(CheckpointWriter writer)
    {
        writer.WriteTensor(parameters);
        writer.Write(moments);
        observations.Save(writer);
        returns.Save(writer);
        writer.Write(discounted);
        shuffles.Save(writer);
    }

    /// <inheritdoc/>
    public void Load(CheckpointReader reader)
    {
        reader.ReadInto(parameters);
        reader.ReadInto(moments);
        observations.Load(reader);
        returns.Load(reader);
        discounted = reader.ReadDouble();
        shuffles = Rng.Load(reader);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        parameters.Dispose();
        gradient.Dispose();
        moments.Dispose();
    }

    private double MeanError(Transitions transitions)
    {
        var found = errors.AsSpan(0, transitions.Count);
        Errors(transitions, found);
        var sum = 0.0;
        foreach (var error in found)
            sum += error;
        return sum / Math.Max(1, transitions.Count);
    }

    // Mean over features of (f̂(s′) − f(s′))².
    private void Errors(Transitions transitions, Span<double> found)
    {
        for (var from = 0; from < transitions.Count; from += Chunk)
        {
            var rows = Math.Min(Chunk, transitions.Count - from);
            for (var row = 0; row < rows; row++)
                Normalise(transitions, from + row, row);
            Forward(rows);
            for (var row = 0; row < rows; row++)
            {
                var sum = 0.0;
                for (var i = row * settings.Features; i < (row + 1) * settings.Features; i++)
                {
                    var error = (double)predictorPass.Outputs[i] - targetPass.Outputs[i];
                    sum += error * error;
                }
                found[from + row] = sum / settings.Features;
            }
        }
    }

    private void Normalise(Transitions transitions, int from, int row) => observations.Normalise(
        transitions.NextObservations.Slice(from * observationSize, observationSize), input.AsSpan(row * observationSize, observationSize),
        update: false);

    private void Forward(int rows)
    {
        targetPass.Forward(target, input, rows);
        predictorPass.Forward(FlatMemory.Of(parameters), input, rows);
    }
}
