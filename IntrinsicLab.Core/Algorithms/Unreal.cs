using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Wrappers;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Core.Optimizers;
using TorchSharp;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>
/// <see cref="A2C"/> whose policy may have a memory, and which may learn auxiliary tasks on replayed experience: UNREAL (Jaderberg et al. 2016,
/// "Reinforcement Learning with Unsupervised Auxiliary Tasks"). It is what algorithm <c>a2c</c> runs when memory or an auxiliary task is turned on.
/// Numbers refer to docs/algorithms/a2c.md, "With memory and auxiliary tasks".
/// </summary>
public sealed class Unreal : IAlgorithm
{
    private readonly A2CConfig config;
    private readonly long totalSteps;
    private readonly int environments, steps;
    private readonly Experience experience;
    private readonly RecurrentNetwork network;
    private readonly ControlTask? pixelControl, featureControl;
    private readonly RewardPrediction? rewardPrediction;
    private readonly int pixelOffset, featureOffset, rewardOffset;
    private readonly torch.Tensor parameters, gradient;
    private readonly RmsProp optimizer;
    private readonly OptimizerState optimizerState;
    private readonly Rollout rollout;
    private readonly RecurrentPass acting, single, learning;
    private readonly RecurrentPass? replaying;
    private readonly LstmState<float> state, firstState, scratchState, singleState;
    private readonly ReplayMemory? memory;
    private readonly ReplaySequence? sequence;
    private readonly EpisodeLog episodes = new();
    private readonly PixelCells? pixels;
    private readonly float[] feedback, feedbacks, felt, paid, changes, nlp, nlpGradient, valueGradient, replayReturns, coreGradient, featureChange, partial;
    private readonly bool[] starting, starts;
    private Rng actionRng, replayRng;

    /// <summary>Makes networks and environments.</summary>
    /// <param name="config">Hyper-parameters.</param>
    /// <param name="setup">World, budget and randomness; networks live in main memory whatever the device.</param>
    public Unreal(A2CConfig config, TrainingSetup setup)
    {
        this.config = config;
        totalSteps = Math.Max(1, setup.Steps);
        (environments, steps) = (config.Environments, config.StepsPerRollout);
        var spec = setup.Environments.Spec;
        (actionRng, replayRng) = (setup.Rng.Split("actions"), setup.Rng.Split("replay"));
        experience = new Experience(
            new EnvironmentBatch(setup.Environments, environments, setup.Rng.Split("environments"), config.Threads),
            config.NormaliseObservations ? new ObservationNormaliser(spec.Observation.Size) : null,
            config.NormaliseRewards ? new RewardNormaliser(environments, config.Gamma) : null,
            config.LiveBonus);
        var actions = (spec.Action as Discrete)?.Count ?? spec.Action.Size;
        var shape = new ActorCriticShape(spec.Observation.Shape, actions, spec.Action is Box)
        {
            Network = config.Network,
            Hidden = config.HiddenSizes,
            Activation = config.Activation,
            Shared = true,
        };
        network = new RecurrentNetwork(shape, config.Memory == PolicyMemory.Lstm ? config.MemoryUnits : 0);

        // Parameters: the network, then the heads of the tasks that are on.
        var count = network.ParameterCount;
        if (config.PixelControl > 0)
        {
            pixels = new PixelCells(spec.Observation.Shape, config.PixelControlSide);
            pixelControl = new ControlTask(network.CoreSize, pixels.Count, actions, steps, environments);
            (pixelOffset, count) = (count, count + pixelControl.Head.ParameterCount);
        }
        if (config.FeatureControl > 0)
        {
            featureControl = new ControlTask(network.CoreSize, network.Encoder.Outputs, actions, steps, environments);
            (featureOffset, count) = (count, count + featureControl.Head.ParameterCount);
        }
        if (config.RewardPrediction > 0)
        {
            rewardPrediction = new RewardPrediction(network, environments);
            (rewardOffset, count) = (count, count + rewardPrediction.Head.ParameterCount);
        }
        parameters = FlatMemory.ToTensor(Initial(count, setup.Rng.Split("policy-init")), [count], torch.CPU);
        using (torch.no_grad())
            gradient = torch.zeros_like(parameters);
        optimizer = new RmsProp(config.RmspropDecay, config.RmspropEpsilon, config.RmspropEpsilonStyle);
        optimizerState = optimizer.Initial(parameters);

        rollout = new Rollout(spec, environments, steps);
        acting = new RecurrentPass(network, 1, environments);
        single = new RecurrentPass(network, 1, 1);
        learning = new RecurrentPass(network, steps, environments);
        (state, firstState, scratchState) = (NewState(environments), NewState(environments), NewState(environments));
        singleState = NewState(1);
        (feedback, starting) = (new float[environments * network.FeedbackSize], new bool[environments]);
        (feedbacks, starts) = (new float[rollout.Rows * network.FeedbackSize], new bool[rollout.Rows]);
        (felt, paid, changes) = (new float[environments], new float[environments], new float[environments * (pixels?.Count ?? 0)]);
        (nlp, nlpGradient, valueGradient) = (new float[rollout.Rows], new float[rollout.Rows], new float[rollout.Rows + environments]);
        (replayReturns, partial) = (new float[rollout.Rows], new float[network.ParameterCount]);
        coreGradient = new float[(steps + 1) * environments * network.CoreSize];
        featureChange = new float[featureControl is null ? 0 : rollout.Rows * network.Encoder.Outputs];
        if (config.WithTasks)
            memory = new ReplayMemory(network, environments, config.ReplayLength, rollout.ActionSize, pixels?.Count ?? 0);
        if (pixelControl is not null || featureControl is not null || config.ValueReplay > 0)
        {
            sequence = new ReplaySequence(network, steps, environments, rollout.ActionSize, pixels?.Count ?? 0);
            replaying = new RecurrentPass(network, steps + 1, environments);
        }
        Policy = new RecurrentPolicy(network, parameters, experience);
    }

    /// <inheritdoc/>
    public IPolicy Policy { get; }

    /// <summary>All parameters, flat: the network's, then those of the heads of the auxiliary tasks.</summary>
    public torch.Tensor Parameters => parameters;

    /// <inheritdoc/>
    public Progress Update()
    {
        var points = new List<MetricValue>();

        // 1-4: act, remembering; keep every step for replay.
        firstState.CopyFrom(state);
        for (var t = 0; t < steps; t++)
            Act(t, points);
        var taken = experience.Batch.Steps;
        var means = new MetricMeans(taken);
        scratchState.CopyFrom(state);
        acting.Forward(Memory, experience.Observations, feedback, starting, scratchState, 1);
        acting.Values.CopyTo(rollout.NextValues);

        // 5: returns to the end of the rollout, and how much better they are than expected.
        Returns.NStep<float>(rollout.Rewards, rollout.Ended, rollout.NextValues, (float)config.Gamma, rollout.Returns);
        for (var row = 0; row < rollout.Rows; row++)
            rollout.Advantages[row] = rollout.Returns[row] - rollout.Values[row];

        // 6: the losses of A2C, back-propagated through the rollout's steps and no further.
        learning.Forward(Memory, rollout.Observations, feedbacks, starts, firstState, steps);
        means.Add(Metrics.Entropy, learning.Evaluate(rollout.Actions, nlp));
        means.Add(Metrics.PolicyLoss, PolicyGradients.Plain<float>(nlp, rollout.Advantages, nlpGradient));
        var slopes = valueGradient.AsSpan(0, rollout.Rows);
        means.Add(Metrics.ValueLoss, PolicyGradients.ClippedValueLoss(
            learning.Values, rollout.Values, rollout.Returns, float.PositiveInfinity, slopes));
        FlatMemory.Scale(slopes, ValueWeight);
        Gradient.Clear();
        learning.Backward(Memory, rollout.Observations, starts, rollout.Actions, nlpGradient, (float)-config.EntropyCoefficient, slopes, [], Gradient);

        // 7-10: a sequence from the past, with an empty memory.
        if (sequence is not null && memory!.Holds(steps))
            Replay(means);

        // 11: what will the next step pay?
        if (rewardPrediction is not null)
            PredictRewards(means);

        // 12: clip the gradient of all losses together and step.
        var learningRate = config.LearningRateSchedule.At(config.LearningRate, taken - 1, totalSteps);
        means.Add(Metrics.GradientNorm, GlobalNorm.ClipInPlace(gradient, config.MaximumGradientNorm));
        optimizer.StepInPlace(parameters, gradient, optimizerState, learningRate);
        means.Add(Metrics.ParameterNorm, FlatMemory.Norm(Memory));

        episodes.Summarise(taken, points);
        means.Report(points);
        points.Add(new(Metrics.ExplainedVariance, taken, Returns.ExplainedVariance(rollout.Values, rollout.Returns)));
        points.Add(new(Metrics.LearningRate, taken, learningRate));
        return new Progress(taken, episodes.Count, points);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Figure> Figures() => UnrealFigures.Of(rollout, experience, pixels, pixelControl, featureControl);

    /// <inheritdoc/>
    public void Save(CheckpointWriter writer)
    {
        writer.WriteTensor(parameters);
        writer.Write(optimizerState);
        experience.Save(writer);
        episodes.Save(writer);
        actionRng.Save(writer);
        replayRng.Save(writer);
        writer.Write<float>(state.Hidden);
        writer.Write<float>(state.Cell);
        writer.Write<float>(feedback);
        writer.Write<bool>(starting);
        memory?.Save(writer);
    }

    /// <inheritdoc/>
    public void Load(CheckpointReader reader)
    {
        reader.ReadInto(parameters);
        reader.ReadInto(optimizerState);
        experience.Load(reader);
        episodes.Load(reader);
        actionRng = Rng.Load(reader);
        replayRng = Rng.Load(reader);
        reader.ReadInto(state.Hidden.AsSpan());
        reader.ReadInto(state.Cell.AsSpan());
        reader.ReadInto(feedback.AsSpan());
        reader.ReadInto(starting.AsSpan());
        memory?.Load(reader);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        experience.Dispose();
        parameters.Dispose();
        gradient.Dispose();
        optimizerState.Dispose();
    }

    private Span<float> Memory => FlatMemory.Of(parameters);

    private Span<float> Gradient => FlatMemory.Of(gradient);

    private float ValueWeight => (float)(config.ValueLossHalf ? config.ValueCoefficient : 2 * config.ValueCoefficient);

    private LstmState<float> NewState(int rows) => new(rows, network.Memory?.Units ?? 0);

    private float[] Initial(int count, Rng rng)
    {
        var initial = new float[count];
        network.Initialise(initial, rng);
        foreach (var (head, offset, name) in new[]
            { (pixelControl?.Head, pixelOffset, "pixel-control"), (featureControl?.Head, featureOffset, "feature-control"),
              (rewardPrediction?.Head, rewardOffset, "reward-prediction") })
            head?.Initialise(initial.AsSpan(offset), rng.Split(name), (head.Outputs, 0.01));
        return initial;
    }

    private void Act(int t, List<MetricValue> points)
    {
        var (row, size) = (t * environments, rollout.ObservationSize);
        acting.Forward(Memory, experience.Observations, feedback, starting, state, 1);
        var chosen = rollout.Actions.AsSpan(row * rollout.ActionSize, environments * rollout.ActionSize);
        acting.Sample(actionRng, chosen);
        acting.Values.CopyTo(rollout.Values.AsSpan(row));
        var observed = rollout.Observations.AsSpan(row * size, environments * size);
        experience.Observations.CopyTo(observed);
        feedback.CopyTo(feedbacks.AsSpan(row * network.FeedbackSize));
        starting.CopyTo(starts.AsSpan(row));
        experience.Step(chosen);
        foreach (var episode in experience.Batch.Ended)
            episodes.Add(episode, points);
        for (var b = 0; b < environments; b++)
        {
            var own = feedback.AsSpan(b * network.FeedbackSize, network.FeedbackSize);
            var (terminated, truncated) = (experience.Batch.Terminated[b], experience.Batch.Truncated[b]);
            starting[b] = rollout.Ended[row + b] = terminated || truncated;
            paid[b] = rollout.Rewards[row + b] = (float)experience.Rewards[b];
            felt[b] = (float)RecurrentPolicy.Felt(experience.Batch.Rewards[b], experience.Batch.Wrappers);
            network.WriteFeedback(chosen.Slice(b * rollout.ActionSize, rollout.ActionSize), felt[b], own);
            if (truncated && !terminated && config.BootstrapOnTruncation)
                rollout.Rewards[row + b] += (float)config.Gamma * ValueAfter(b, own);
            if (starting[b])
                own.Clear();
            pixels?.Change(
                observed.Slice(b * size, size), starting[b] ? experience.FinalObservation(b) : experience.Observations.Slice(b * size, size),
                changes.AsSpan(b * pixels.Count, pixels.Count));
        }
        memory?.Add(observed, chosen, paid, rollout.Rewards.AsSpan(row, environments), felt, starting, changes);
    }

    // V of the observation at which a time limit cut the episode off, with what is remembered of it.
    private float ValueAfter(int environment, ReadOnlySpan<float> lastFeedback)
    {
        singleState.CopyFrom(state, environment);
        single.Forward(Memory, experience.FinalObservation(environment), lastFeedback, [false], singleState, 1);
        return single.Values[0];
    }

    private void Replay(MetricMeans means)
    {
        // 7: the last row is there to bootstrap from.
        memory!.Draw(replayRng, sequence!);
        scratchState.Clear();
        replaying!.Forward(Memory, sequence!.Observations, sequence.Feedback, sequence.Starts, scratchState, steps + 1);
        Array.Clear(coreGradient);

        // 8: pixel control.
        if (pixelControl is not null)
        {
            var (loss, error) = Control(pixelControl, pixelOffset, sequence.Changes, config.PixelControl);
            means.Add(Metrics.PixelControlLoss, loss);
            means.Add(Metrics.PixelControlError, error);
        }

        // 9: feature control.
        if (featureControl is not null)
        {
            ChangeOfFeatures();
            var (loss, error) = Control(featureControl, featureOffset, featureChange, config.FeatureControl);
            means.Add(Metrics.FeatureControlLoss, loss);
            means.Add(Metrics.FeatureControlError, error);
        }

        // 10: value replay.
        Span<float> slopes = [];
        if (config.ValueReplay > 0)
        {
            slopes = valueGradient;
            var values = replaying.Values;
            Returns.NStep(sequence.Rewards, sequence.Ended, values[rollout.Rows..], (float)config.Gamma, replayReturns);
            means.Add(Metrics.ValueReplayLoss, PolicyGradients.ClippedValueLoss(
                values[..rollout.Rows], values[..rollout.Rows], replayReturns, float.PositiveInfinity, slopes[..rollout.Rows]));
            FlatMemory.Scale(slopes[..rollout.Rows], (float)config.ValueReplay * ValueWeight);
            slopes[rollout.Rows..].Clear();
        }
        replaying.Backward(Memory, sequence.Observations, sequence.Starts, [], [], 0, slopes, coreGradient, partial);
        FlatMemory.Add(partial, Gradient);
    }

    private (double Loss, double Error) Control(ControlTask task, int offset, ReadOnlySpan<float> rewards, double weight) => task.Learn(
        Memory[offset..], replaying!.Core, sequence!.Actions, rewards, sequence.Ended, (float)config.ControlGamma, (float)(weight / rollout.Rows),
        Gradient.Slice(offset, task.Head.ParameterCount), coreGradient);

    // How much each feature changed in a step; nothing where the next row belongs to another episode.
    private void ChangeOfFeatures()
    {
        var width = network.Encoder.Outputs;
        var features = replaying!.Features;
        for (var row = 0; row < rollout.Rows; row++)
            for (var i = 0; i < width; i++)
                featureChange[row * width + i] =
                    sequence!.Ended[row] ? 0 : Math.Abs(features[(row + environments) * width + i] - features[row * width + i]);
    }

    private void PredictRewards(MetricMeans means)
    {
        // All losses of the paper are sums over a worker's 20 steps, this one over its one prediction: here too they share one divisor.
        var count = network.Encoder.ParameterCount;
        var loss = rewardPrediction!.Learn(
            Memory, Memory[rewardOffset..], memory!, replayRng, (float)(config.RewardPrediction / rollout.Rows), partial.AsSpan(0, count),
            Gradient.Slice(rewardOffset, rewardPrediction.Head.ParameterCount));
        if (loss is null)
            return;
        FlatMemory.Add(partial.AsSpan(0, count), Gradient);
        means.Add(Metrics.RewardPredictionLoss, loss.Value);
        var (drawn, right) = rewardPrediction.Score;
        foreach (var (kind, metric) in Metrics.RewardPredictionAccuracies.Index())
            if (drawn[kind] > 0)
                means.Add(metric, (double)right[kind] / drawn[kind]);
    }
}

/// <summary>Cells of pixel control: squares of a grid, or the features of a vector.</summary>
/// <param name="shape">Extents of an observation.</param>
/// <param name="side">Rows and columns of a square.</param>
internal sealed class PixelCells(int[] shape, int side)
{
    /// <summary>Rows of squares; 1 for vectors.</summary>
    public int Rows { get; } = shape.Length > 1 ? shape[0] / side : 1;

    /// <summary>Columns of squares, or features.</summary>
    public int Columns { get; } = shape.Length > 1 ? shape[1] / side : shape[0];

    /// <summary>How many there are.</summary>
    public int Count => Rows * Columns;

    /// <summary>The observation is a grid.</summary>
    public bool OfGrid => shape.Length > 1;

    /// <summary>Pseudo-rewards of a step.</summary>
    public void Change(ReadOnlySpan<float> before, ReadOnlySpan<float> after, Span<float> rewards)
    {
        if (OfGrid)
            AuxiliaryLosses.PixelChange(before, after, shape[0], shape[1], side, rewards);
        else
            AuxiliaryLosses.PixelChange(before, after, 1, shape[0], 1, rewards);
    }
}

/// <summary>The most likely actions of a policy with memory, with normalisers as training left them.</summary>
internal sealed class RecurrentPolicy(RecurrentNetwork network, torch.Tensor parameters, Experience experience) : IPolicy
{
    private readonly RecurrentPass pass = new(network, 1, 1);
    private readonly LstmState<float> state = new(1, network.Memory?.Units ?? 0);
    private readonly float[] feedback = new float[network.FeedbackSize];
    private readonly float[] last = new float[network.Shape.Continuous ? network.Shape.Actions : 1];

    /// <summary>A reward as the memory reads it: before any normalisation, clipped; nothing where a delay keeps it from the learner.</summary>
    public static double Felt(double reward, WrapperConfig wrappers) =>
        wrappers is { Delay: > 1, DelayAfterNormalisation: true } ? 0 : Math.Clamp(reward, -1, 1);

    public void Begin()
    {
        state.Clear();
        Array.Clear(feedback);
    }

    public void Act(ReadOnlySpan<float> observation, Span<float> action)
    {
        pass.Forward(FlatMemory.Of(parameters), experience.Seen(observation), feedback, [false], state, 1);
        pass.Mode(action);
        action.CopyTo(last);
        if (experience.Batch.Spec.Action is Box box)
            for (var axis = 0; axis < action.Length; axis++)
                action[axis] = Math.Clamp(action[axis], box.Low[axis], box.High[axis]);
    }

    public void Paid(double reward) => network.WriteFeedback(last, Felt(reward, experience.Batch.Wrappers), feedback);
}
