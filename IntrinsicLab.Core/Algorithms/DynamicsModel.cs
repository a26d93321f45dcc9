using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Core.Optimizers;
using static TorchSharp.torch;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>
/// A Bayesian model of the world, s′ from (s, a), trained on a pool of what was seen by maximising the evidence lower bound, and what it says of
/// transitions that are not in the pool yet: how much they would teach it, and how wrong it is about them (Houthooft et al. 2016, "VIME: Variational
/// Information Maximizing Exploration", sections 2.2 to 2.5). Inputs and targets are normalised by the pool's statistics.
/// </summary>
/// <remarks>Scoring has random numbers of its own and leaves the belief as it is, bit for bit.</remarks>
public sealed class DynamicsModel : IDisposable
{
    // Rows of one scoring pass: few enough that all that is kept of them stays in the processor's cache.
    private const int Chunk = 32;

    private const double Epsilon = 1e-8;

    // Of the range that a space declares, or of 1 where it declares none.
    private const double SmallestDeviation = 1e-3;

    // That of an action taken one time in a hundred.
    private const double SmallestOneHotDeviation = 0.1;

    private readonly DynamicsSettings settings;
    private readonly BayesianNetwork network;
    private readonly BayesianPass<float> training, scoring, single;
    private readonly MlpPass means;
    private readonly Adam optimizer = new(epsilon: 1e-8);
    private readonly Tensor belief, gradient, tried;
    private readonly OptimizerState moments, triedMoments, lookedMoments;
    private readonly GaussianNoise trainingNoise, scoringNoise;
    private readonly int observationSize, actionSize, choices;
    private readonly double[] observationFloor, actionFloor, observationScale, actionScale;
    private readonly float[] inputs, targets;
    private Rng minibatches;

    /// <summary>Makes a model that has seen nothing.</summary>
    /// <param name="settings">Its settings.</param>
    /// <param name="spec">What is observed and done.</param>
    /// <param name="rng">Parent of its random streams.</param>
    public DynamicsModel(DynamicsSettings settings, EnvironmentSpec spec, Rng rng)
    {
        this.settings = settings;
        (observationSize, actionSize) = (spec.Observation.Size, spec.Action.Size);
        choices = (spec.Action as Discrete)?.Count ?? 0;
        observationFloor = Floors(spec.Observation, settings.AsReleased);
        var done = choices == 0 ? actionSize : choices;
        actionFloor = spec.Action is Box box ? Floors(box, settings.AsReleased) : new double[done];
        if (choices > 0 && !settings.AsReleased)
            Array.Fill(actionFloor, SmallestOneHotDeviation);
        (observationScale, actionScale) = (new double[observationSize], new double[done]);
        network = new BayesianNetwork(
            observationSize + done, settings.Hidden, observationSize, settings.PriorDeviation, settings.LikelihoodDeviation);
        training = new BayesianPass<float>(network, settings.Minibatch, settings.Samples);
        scoring = new BayesianPass<float>(network, Chunk, settings.Samples);
        single = new BayesianPass<float>(network, 1, settings.Samples);
        means = new MlpPass(network.Means, Chunk);
        var rows = Math.Max(Chunk, settings.Minibatch);
        (inputs, targets) = (new float[rows * network.Means.Inputs], new float[rows * observationSize]);
        Pool = new TransitionPool(settings.PoolSize, observationSize, done, settings.AsReleased);
        var memory = new float[network.ParameterCount];
        network.Initialise(memory, rng.Split("weights"));
        belief = FlatMemory.ToTensor(memory, [memory.Length], CPU);
        using (no_grad())
        {
            gradient = zeros_like(belief);
            tried = zeros_like(belief);
        }
        (moments, triedMoments, lookedMoments) = (optimizer.Initial(belief), optimizer.Initial(belief), optimizer.Initial(belief));
        minibatches = rng.Split("minibatches");
        (trainingNoise, scoringNoise) = (new GaussianNoise(rng.Split("training")), new GaussianNoise(rng.Split("scoring")));
    }

    /// <summary>What it is trained on.</summary>
    public TransitionPool Pool { get; }

    /// <summary>The network that the belief is about.</summary>
    public BayesianNetwork Network => network;

    /// <summary>The belief φ: all means, then all ρ; to be read only.</summary>
    public ReadOnlySpan<float> Belief => FlatMemory.Of(belief);

    /// <summary>Gradient steps taken so far.</summary>
    public long Steps => moments.Steps;

    /// <summary>KL[q ‖ prior] in nats: what the model has learnt so far, and how far it began from the prior.</summary>
    public double PriorDivergence() => network.PriorDivergence(Belief);

    /// <summary>Information gain of every transition under the belief as it is, clipped, in nats.</summary>
    /// <param name="transitions">N steps that the model has not been trained on.</param>
    /// <param name="gains">Receives them, [N].</param>
    public void Gains(Transitions transitions, Span<double> gains) =>
        Gains(transitions, gains, scoringNoise, settings.AsReleased ? moments : triedMoments);

    /// <summary>As <see cref="Gains(Transitions, Span{double})"/>, with the same noise on every call, and without changing anything: for pictures and replays.</summary>
    /// <param name="transitions">N steps.</param>
    /// <param name="gains">Receives their gains, [N].</param>
    public void Look(Transitions transitions, Span<double> gains)
    {
        var used = settings.AsReleased ? moments : triedMoments;
        for (var slot = 0; slot < used.Slots.Count; slot++)
            FlatMemory.Copy(used.Slots[slot], lookedMoments.Slots[slot]);
        lookedMoments.Steps = used.Steps;
        Gains(transitions, gains, new GaussianNoise(new Rng(1)), lookedMoments);
    }

    /// <summary>Squared error of the mean prediction of every transition, summed over the normalised observation.</summary>
    /// <param name="transitions">N steps.</param>
    /// <param name="errors">Receives them, [N].</param>
    public void Errors(Transitions transitions, Span<double> errors)
    {
        Measure();
        for (var from = 0; from < transitions.Count; from += Chunk)
        {
            var rows = Math.Min(Chunk, transitions.Count - from);
            Encode(transitions, from, rows);
            means.Forward(Belief[..network.Weights], inputs, rows);
            for (var row = 0; row < rows; row++)
            {
                var sum = 0.0;
                for (var i = row * observationSize; i < (row + 1) * observationSize; i++)
                    sum += ((double)means.Outputs[i] - targets[i]) * ((double)means.Outputs[i] - targets[i]);
                errors[from + row] = sum;
            }
        }
    }

    /// <summary>Adds paths to the pool.</summary>
    /// <param name="transitions">Whole paths.</param>
    public void Add(Transitions transitions)
    {
        var (begun, done) = (0, choices == 0 ? actionSize : choices);
        var encoded = choices == 0 ? transitions.Actions : OneHot(transitions.Actions);
        for (var row = 0; row < transitions.Count; row++)
        {
            if (!transitions.EndsPath[row] && row + 1 < transitions.Count)
                continue;
            Pool.AddPath(
                transitions.Observations[(begun * observationSize)..((row + 1) * observationSize)], encoded[(begun * done)..((row + 1) * done)],
                transitions.NextObservations.Slice(row * observationSize, observationSize));
            begun = row + 1;
        }
    }

    /// <summary>Measures the pool anew and takes an iteration's gradient steps.</summary>
    /// <returns>Gradient steps taken: 0 while the pool is too small.</returns>
    public int Train()
    {
        Measure();
        if (Pool.Count < settings.MinimumPool)
            return 0;
        for (var update = 0; update < settings.Updates; update++)
        {
            for (var row = 0; row < settings.Minibatch; row++)
            {
                var slot = Pool.Draw(minibatches);
                Encode(Pool.Observation(slot), Pool.Action(slot), Pool.NextObservation(slot), row);
            }
            var weights = FlatMemory.Of(gradient);
            training.Believe(Belief);
            training.DrawNoise(trainingNoise, settings.Minibatch, settings.SharedTrainingNoise);
            training.Forward(inputs, settings.Minibatch);
            training.NegativeLogLikelihood(targets);
            training.Backward(weights);
            training.AddPriorGradient(PriorWeight(), weights);
            optimizer.StepInPlace(belief, gradient, moments, settings.LearningRate);
        }
        return settings.Updates;
    }

    /// <summary>Writes the whole state, the pool included.</summary>
    public void Save(CheckpointWriter writer)
    {
        writer.WriteTensor(belief);
        writer.Write(moments);
        writer.Write(triedMoments);
        minibatches.Save(writer);
        trainingNoise.Save(writer);
        scoringNoise.Save(writer);
        Pool.Save(writer);
    }

    /// <summary>Restores what <see cref="Save"/> wrote into a model made alike.</summary>
    public void Load(CheckpointReader reader)
    {
        reader.ReadInto(belief);
        reader.ReadInto(moments);
        reader.ReadInto(triedMoments);
        minibatches = Rng.Load(reader);
        trainingNoise.Load(reader);
        scoringNoise.Load(reader);
        Pool.Load(reader);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        belief.Dispose();
        gradient.Dispose();
        tried.Dispose();
        moments.Dispose();
        triedMoments.Dispose();
        lookedMoments.Dispose();
    }

    private double PriorWeight() => settings.Batches > 0 ? 1 / settings.Batches : (double)settings.Minibatch / Pool.Count;

    private void Gains(Transitions transitions, Span<double> gains, GaussianNoise noise, OptimizerState state)
    {
        Measure();
        if (settings.Gain == GainKind.ExactAdam)
            GainsOfAdam(transitions, gains, noise, state);
        else
            GainsOfOneStep(transitions, gains, noise);
        foreach (ref var gain in gains)
            gain = InformationGain.Clip(gain, settings.MaximumGain);
    }

    private void GainsOfOneStep(Transitions transitions, Span<double> gains, GaussianNoise noise)
    {
        scoring.Believe(Belief);
        for (var from = 0; from < transitions.Count; from += Chunk)
        {
            var rows = Math.Min(Chunk, transitions.Count - from);
            Encode(transitions, from, rows);
            scoring.DrawNoise(noise, rows, shareRows: false);
            scoring.Forward(inputs, rows);
            scoring.NegativeLogLikelihood(targets);
            scoring.Backward([]);
            if (settings.Gain == GainKind.Taylor)
                scoring.Gains(gains.Slice(from, rows));
            else
                scoring.ExactGains(
                    settings.Gain == GainKind.ExactPlain ? BeliefStep.Plain : BeliefStep.Natural, settings.GainStep, gains.Slice(from, rows));
        }
        var scale = settings.GainStep * settings.GainStep * (settings.HalfFactor ? 0.5 : 1);
        for (var row = 0; row < transitions.Count && settings.Gain == GainKind.Taylor; row++)
            gains[row] *= scale;
    }

    // Each transition begins at φ again. The moments go on from one transition to the next: fresh ones would make Adam's first step as long for a
    // small gradient as for a large one, and the gain blind.
    private void GainsOfAdam(Transitions transitions, Span<double> gains, GaussianNoise noise, OptimizerState state)
    {
        var weights = FlatMemory.Of(gradient);
        for (var row = 0; row < transitions.Count; row++)
        {
            Encode(transitions, row, 1);
            FlatMemory.Copy(belief, tried);
            for (var step = 0; step < settings.GainAdamSteps; step++)
            {
                single.Believe(FlatMemory.Of(tried));
                single.DrawNoise(noise, 1, shareRows: false);
                single.Forward(inputs, 1);
                single.NegativeLogLikelihood(targets);
                single.Backward(weights);
                if (settings.AsReleased)
                    single.AddPriorGradient(PriorWeight(), weights);
                optimizer.StepInPlace(tried, gradient, state, settings.LearningRate);
            }
            gains[row] = InformationGain.Divergence(FlatMemory.Of(tried), Belief);
        }
    }

    private void Encode(Transitions transitions, int from, int rows)
    {
        Span<float> chosen = stackalloc float[Math.Max(1, choices)];
        for (var row = 0; row < rows; row++)
        {
            scoped var action = transitions.Actions.Slice((from + row) * actionSize, actionSize);
            if (choices > 0)
            {
                chosen.Clear();
                chosen[(int)action[0]] = 1;
                action = chosen;
            }
            var at = (from + row) * observationSize;
            Encode(
                transitions.Observations.Slice(at, observationSize), action, transitions.NextObservations.Slice(at, observationSize), row);
        }
    }

    private void Encode(ReadOnlySpan<float> observation, ReadOnlySpan<float> action, ReadOnlySpan<float> next, int row)
    {
        var input = inputs.AsSpan(row * network.Means.Inputs, network.Means.Inputs);
        var target = targets.AsSpan(row * observationSize, observationSize);
        for (var i = 0; i < observationSize; i++)
        {
            input[i] = (float)((observation[i] - Pool.ObservationMean[i]) * observationScale[i]);
            target[i] = (float)((next[i] - (settings.PredictChange ? observation[i] : Pool.ObservationMean[i])) * observationScale[i]);
        }
        for (var i = 0; i < action.Length; i++)
            input[observationSize + i] = settings.NormaliseActions ? (float)((action[i] - Pool.ActionMean[i]) * actionScale[i]) : action[i];
    }

    private void Measure()
    {
        Pool.Measure();
        for (var i = 0; i < observationSize; i++)
            observationScale[i] = 1 / (Math.Max(Pool.ObservationDeviation[i], observationFloor[i]) + Epsilon);
        for (var i = 0; i < actionScale.Length; i++)
            actionScale[i] = 1 / (Math.Max(Pool.ActionDeviation[i], actionFloor[i]) + Epsilon);
    }

    private float[] OneHot(ReadOnlySpan<float> actions)
    {
        var encoded = new float[actions.Length * choices];
        for (var row = 0; row < actions.Length; row++)
            encoded[row * choices + (int)actions[row]] = 1;
        return encoded;
    }

    // Deviations below these would turn the drift of a component that is all but constant into inputs of any size.
    private static double[] Floors(Box space, bool none)
    {
        var floors = new double[space.Size];
        for (var i = 0; i < floors.Length && !none; i++)
        {
            var range = (double)space.High[i] - space.Low[i];
            floors[i] = SmallestDeviation * (double.IsFinite(range) && range > 0 ? range : 1);
        }
        return floors;
    }
}
