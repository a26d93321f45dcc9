using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Wrappers;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>What <see cref="Vime"/> pays for.</summary>
public enum CuriosityBonus
{
    /// <summary>What a step teaches a Bayesian model of the world (Houthooft et al. 2016).</summary>
    InformationGain,

    /// <summary>How wrong the mean prediction of the same model is: the paper's L2.</summary>
    PredictionError,

    /// <summary>How badly a network predicts what a fixed random one makes of the observation (Burda et al. 2018).</summary>
    RandomNetwork,
}

/// <summary>What the baseline expects.</summary>
public enum BaselineTarget
{
    /// <summary>Extrinsic returns, as in the released code.</summary>
    Extrinsic,

    /// <summary>Returns with curiosity's rewards in them.</summary>
    Augmented,
}

/// <summary>How closely the released code is followed where it slips.</summary>
public enum Fidelity
{
    /// <summary>As the method is meant.</summary>
    Ours,

    /// <summary>With the slips of the released code, which docs/algorithms/vime.md lists.</summary>
    Release,
}

/// <summary>Hyper-parameters of <see cref="Vime"/>.</summary>
public sealed record VimeConfig
{
    /// <summary>What curiosity pays for.</summary>
    [Group("Curiosity")]
    public CuriosityBonus Bonus { get; init; } = CuriosityBonus.InformationGain;

    /// <summary>Weight η of the normalised bonus (released: 1e-4 to 1e-3 on sparse tasks, 0.1 on shaped ones). 0 is TRPO.</summary>
    [Range(0.0, 1e6), Group("Curiosity")]
    public double Eta { get; init; } = 0.001;

    /// <summary>Factor on η per iteration (released: 1).</summary>
    [Range(0.0, 10.0), Group("Curiosity")]
    public double EtaDiscount { get; init; } = 1;

    /// <summary>What information gains and prediction errors are divided by (released: the mean of the last medians).</summary>
    [Group("Curiosity")]
    public GainNormalisation Normaliser { get; init; } = GainNormalisation.Medians;

    /// <summary>Iterations whose medians count (released: 10).</summary>
    [Range(1, 100_000), Unit("iterations"), Group("Curiosity")]
    public int NormaliserLength { get; init; } = 10;

    /// <summary>Counts the iteration that is divided, too (released).</summary>
    [Group("Curiosity")]
    public bool NormaliserIncludesCurrent { get; init; } = true;

    /// <summary>Share that an exponential mean keeps per iteration.</summary>
    [Range(0.0, 1.0, MaximumIsExclusive = true), Group("Curiosity")]
    public double NormaliserDecay { get; init; } = 0.99;

    /// <summary>Where an exponential mean begins.</summary>
    [Range(0.0, 1e9), Group("Curiosity")]
    public double NormaliserStart { get; init; } = 10;

    /// <summary>Follows the released code where it slips, or does not.</summary>
    [Group("Curiosity")]
    public Fidelity Fidelity { get; init; } = Fidelity.Ours;

    /// <summary>How the information gain is computed (released: second order).</summary>
    [Group("Information gain")]
    public GainKind Gain { get; init; } = GainKind.Taylor;

    /// <summary>Length λ of the step whose gain is computed (released: 0.01); it cancels in the normalised bonus.</summary>
    [Range(0.0, 1000.0, MinimumIsExclusive = true), Group("Information gain")]
    public double GainStep { get; init; } = 0.01;

    /// <summary>Steps of an exact gain by Adam (released: 5).</summary>
    [Range(1, 1000), Unit("steps"), Group("Information gain")]
    public int GainAdamSteps { get; init; } = 5;

    /// <summary>Multiplies the second-order gain by ½, as the paper's equation does (released: off).</summary>
    [Group("Information gain")]
    public bool HalfFactor { get; init; }

    /// <summary>Largest gain let through, before any normalisation (released: 1000).</summary>
    [Range(0.0, 1e12, MinimumIsExclusive = true), Unit("nats"), Group("Information gain")]
    public double MaximumGain { get; init; } = 1000;

    /// <summary>Monte-Carlo samples S of the weights, in training and in the gain (released: 10).</summary>
    [Range(1, 10_000), Unit("samples"), Group("Information gain")]
    public int Samples { get; init; } = 10;

    /// <summary>Units of each hidden layer of the model (released: 32).</summary>
    [Range(1, 65536), Unit("units"), Group("Model")]
    public int[] ModelHiddenSizes { get; init; } = [32];

    /// <summary>Deviation p of the prior over every weight (released: 0.5).</summary>
    [Range(0.0, 1000.0, MinimumIsExclusive = true), Group("Model")]
    public double PriorDeviation { get; init; } = 0.5;

    /// <summary>Deviation σ of the likelihood, in units of the normalised observation (released: 5).</summary>
    [Range(0.0, 1e6, MinimumIsExclusive = true), Group("Model")]
    public double LikelihoodDeviation { get; init; } = 5;

    /// <summary>Minibatches that the prior is spread over (released: 5, whatever the pool holds); 0 takes pool/minibatch, the weight of Bayes' rule.</summary>
    [Range(0.0, 1e12), Unit("minibatches"), Group("Model")]
    public double PriorBatches { get; init; } = 5;

    /// <summary>One noise vector for all rows of a minibatch (released) instead of one for each.</summary>
    [Group("Model")]
    public bool SharedTrainingNoise { get; init; } = true;

    /// <summary>Step size of the model's or the predictor's Adam (released: 1e-4).</summary>
    [Range(0.0, 1000.0), Group("Model")]
    public double ModelLearningRate { get; init; } = 1e-4;

    /// <summary>Transitions of one gradient step of the model (released: 10).</summary>
    [Range(1, 1_000_000), Unit("transitions"), Group("Model")]
    public int ModelMinibatchSize { get; init; } = 10;

    /// <summary>Gradient steps of the model per iteration (released: 500 for 5000 steps, 5000 for 50,000).</summary>
    [Range(0, 10_000_000), Unit("steps"), Group("Model")]
    public int ModelUpdates { get; init; } = 500;

    /// <summary>Observations that the pool holds (released: 100,000; a million for gathering).</summary>
    [Range(2, 100_000_000), Unit("observations"), Group("Model")]
    public int PoolSize { get; init; } = 100_000;

    /// <summary>Transitions below which the model is not trained (released: 500).</summary>
    [Range(1, 100_000_000), Unit("transitions"), Group("Model")]
    public int MinimumPool { get; init; } = 500;

    /// <summary>Predicts the change of the observation instead of the next one (released: off).</summary>
    [Group("Model")]
    public bool PredictChange { get; init; }

    /// <summary>What improves the policy (released: TRPO).</summary>
    [Group("Policy step")]
    public PolicyOptimizer Optimizer { get; init; } = PolicyOptimizer.Trpo;

    /// <summary>Passes over each batch, with PPO.</summary>
    [Range(1, 1000), Unit("epochs"), Group("Policy step")]
    public int PolicyEpochs { get; init; } = 10;

    /// <summary>Rows of one gradient step, with PPO.</summary>
    [Range(1, 1_000_000), Unit("rows"), Group("Policy step")]
    public int PolicyMinibatchSize { get; init; } = 64;

    /// <summary>Clip range ε, with PPO.</summary>
    [Range(0.0, 10.0, MinimumIsExclusive = true), Group("Policy step")]
    public double ClipRange { get; init; } = 0.2;

    /// <summary>Step size of the policy's Adam, with PPO.</summary>
    [Range(0.0, 1000.0), Group("Policy step")]
    public double PolicyLearningRate { get; init; } = 3e-4;

    /// <summary>What the baseline is fitted to (released: extrinsic returns, which leave the whole of curiosity's return to the advantages).</summary>
    [Group("Baseline")]
    public BaselineTarget BaselineTarget { get; init; } = BaselineTarget.Extrinsic;

    /// <summary>Steps per update, at least: the last path is played to its end (rllab: 5000; 50,000 for gathering tasks).</summary>
    [Range(1, 10_000_000), Unit("steps"), Group("Rollout")]
    public int StepsPerBatch { get; init; } = 5000;

    /// <summary>Plays the last path of a batch to its end (rllab); otherwise it is cut, its value continued, and goes on in the next batch.</summary>
    [Group("Rollout")]
    public bool WholePaths { get; init; } = true;

    /// <summary>Largest mean divergence KL[old‖new] of one step, δ (the paper and rllab: 0.01).</summary>
    [Range(0.0, 100.0, MinimumIsExclusive = true), Unit("nats"), Group("Trust region")]
    public double MaximumKl { get; init; } = 0.01;

    /// <summary>Iterations of conjugate gradients (the paper and rllab: 10).</summary>
    [Range(1, 10_000), Unit("iterations"), Group("Trust region")]
    public int CgIterations { get; init; } = 10;

    /// <summary>Added to the curvature's diagonal, so that it can be solved with (rllab: 1e-5, Baselines: 0.1).</summary>
    [Range(0.0, 1000.0), Group("Trust region")]
    public double CgDamping { get; init; } = 1e-5;

    /// <summary>Share of the batch that curvature is measured on (rllab: 1; the paper's experiments and Baselines: about a fifth).</summary>
    [Range(0.0, 1.0, MinimumIsExclusive = true), Group("Trust region")]
    public double SubsampleFactor { get; init; } = 1;

    /// <summary>Factor by which the line search shortens a step (rllab: 0.8; Baselines: 0.5).</summary>
    [Range(0.0, 1.0, MinimumIsExclusive = true, MaximumIsExclusive = true), Group("Trust region")]
    public double BacktrackRatio { get; init; } = 0.8;

    /// <summary>Tries of the line search, the full step included (rllab: 15; Baselines: 10).</summary>
    [Range(1, 1000), Unit("tries"), Group("Trust region")]
    public int LineSearchTries { get; init; } = 15;

    /// <summary>Weight of the entropy bonus (rllab: 0).</summary>
    [Range(0.0, 10.0), Group("Trust region")]
    public double EntropyCoefficient { get; init; }

    /// <summary>Discount γ per step (rllab: 0.99).</summary>
    [Range(0.0, 1.0), Group("Advantages")]
    public double Gamma { get; init; } = 0.99;

    /// <summary>Trace decay λ of generalised advantages (rllab: 1, the whole return; Baselines: 0.98).</summary>
    [Range(0.0, 1.0), Group("Advantages")]
    public double GaeLambda { get; init; } = 1;

    /// <summary>Brings the batch's advantages to mean 0 and deviation 1 (rllab does).</summary>
    [Group("Advantages")]
    public bool NormaliseAdvantages { get; init; } = true;

    /// <summary>Continues the value beyond a time limit, which is no end of the task (rllab: off).</summary>
    [Group("Advantages")]
    public bool BootstrapOnTruncation { get; init; }

    /// <summary>What expects the returns (rllab: linear; a network for its classic tasks).</summary>
    [Group("Baseline")]
    public BaselineKind Baseline { get; init; } = BaselineKind.Linear;

    /// <summary>Units of each hidden layer of a network baseline.</summary>
    [Range(1, 65536), Unit("units"), Group("Baseline")]
    public int[] BaselineHiddenSizes { get; init; } = [32];

    /// <summary>Step size of a network baseline's Adam (Baselines: 1e-3).</summary>
    [Range(0.0, 1000.0), Group("Baseline")]
    public double BaselineLearningRate { get; init; } = 1e-3;

    /// <summary>Passes of a network baseline over each batch (Baselines: 5).</summary>
    [Range(1, 1000), Unit("epochs"), Group("Baseline")]
    public int BaselineEpochs { get; init; } = 5;

    /// <summary>Rows of one gradient step of a network baseline (Baselines: 64).</summary>
    [Range(1, 1_000_000), Unit("rows"), Group("Baseline")]
    public int BaselineMinibatchSize { get; init; } = 64;

    /// <summary>Units of each hidden layer of the policy (rllab: 32 on classic tasks, 64 and 32 for locomotion).</summary>
    [Range(1, 65536), Unit("units"), Group("Network")]
    public int[] HiddenSizes { get; init; } = [32];

    /// <summary>After each hidden layer.</summary>
    [Group("Network")]
    public Activation Activation { get; init; } = Activation.Tanh;

    /// <summary>How the policy's weights begin (rllab: Glorot in every layer).</summary>
    [Group("Network")]
    public WeightScheme InitialWeights { get; init; } = WeightScheme.Glorot;

    /// <summary>Standard deviation of a continuous policy at the beginning, in units of its actions (rllab: 1).</summary>
    [Range(1e-6, 1000.0), Group("Network")]
    public double InitialDeviation { get; init; } = 1;

    /// <summary>Lets the policy act in [-1, 1] whatever the environment's bounds (rllab's normalised environments).</summary>
    [Group("Normalisation")]
    public bool NormaliseActions { get; init; } = true;

    /// <summary>Brings observations to running mean 0 and deviation 1 (rllab: off; Baselines: on).</summary>
    [Group("Normalisation")]
    public bool NormaliseObservations { get; init; }

    /// <summary>Largest absolute value of a normalised observation (Baselines: 10).</summary>
    [Range(0.0, 1e6, MinimumIsExclusive = true), Group("Normalisation")]
    public double ObservationClip { get; init; } = 10;
}

/// <summary>
/// Variational information maximising exploration (Houthooft, Chen, Duan, Schulman, De Turck and Abbeel 2016, "VIME: Variational Information
/// Maximizing Exploration"): each step is paid, besides its reward, for what it would teach a Bayesian model of the world. The same loop takes
/// other bonuses, so that they can be compared. Numbers refer to the pseudo-code in docs/algorithms/vime.md.
/// </summary>
public sealed class Vime : IAlgorithm
{
    private readonly VimeConfig config;
    private readonly Experience experience;
    private readonly ActionScale? scale;
    private readonly PolicyNetwork policy;
    private readonly IBaseline baseline;
    private readonly TrustRegionUpdate? trustRegion;
    private readonly ClippedUpdate? clipped;
    private readonly DynamicsCuriosity? dynamics;
    private readonly RandomNetworkCuriosity? random;
    private readonly ICuriosity curiosity;
    private readonly PathBatch paths;
    private readonly ExplorationLog exploration;
    private readonly EpisodeLog episodes = new();
    private float[] next = [];
    private bool[] ends = [];
    private double[] scores = [], bonuses = [], rewards = [], advantages = [], targets = [], sorted = [];
    private double carried;
    private int iteration;
    private Rng actionRng, curvatureRng;

    /// <summary>Makes networks, the model and the environment.</summary>
    /// <param name="config">Hyper-parameters.</param>
    /// <param name="setup">World, budget and randomness; its networks are small and stay in main memory whatever the device.</param>
    public Vime(VimeConfig config, TrainingSetup setup)
    {
        this.config = config;
        var spec = setup.Environments.Spec;
        (actionRng, curvatureRng) = (setup.Rng.Split("actions"), setup.Rng.Split("curvature"));
        experience = new Experience(
            new EnvironmentBatch(setup.Environments, 1, setup.Rng.Split("environments")),
            config.NormaliseObservations ? new ObservationNormaliser(spec.Observation.Size, config.ObservationClip) : null, null);
        scale = config.NormaliseActions && spec.Action is Box ? new ActionScale(spec.Action) : null;
        paths = new PathBatch(spec, config.StepsPerBatch, config.WholePaths);
        exploration = new ExplorationLog(spec, raw: !config.NormaliseObservations);
        policy = new PolicyNetwork(VimeSettings.Policy(config, spec), setup.Rng.Split("policy-init"));
        if (config.Optimizer == PolicyOptimizer.Trpo)
            trustRegion = new TrustRegionUpdate(policy, VimeSettings.TrustRegion(config));
        else
            clipped = new ClippedUpdate(policy, VimeSettings.Clipped(config));
        baseline = config.Baseline == BaselineKind.Linear
            ? new LinearFeatureBaseline(spec.Observation.Size)
            : new NetworkBaseline(spec.Observation.Size, VimeSettings.Baseline(config), setup.Rng.Split("baseline"));
        // The model sees what the policy sees and does.
        var rng = setup.Rng.Split("curiosity");
        if (config.Bonus == CuriosityBonus.RandomNetwork)
            curiosity = random = new RandomNetworkCuriosity(VimeSettings.RandomNetwork(config), spec, rng);
        else
            curiosity = dynamics = new DynamicsCuriosity(
                config.Bonus == CuriosityBonus.InformationGain ? DynamicsBonus.InformationGain : DynamicsBonus.PredictionError,
                VimeSettings.Model(config), VimeSettings.Normaliser(config), spec, rng);
        Policy = new GreedyPolicy(policy, experience, scale);
        var (seen, done, then, paid) = (new float[spec.Observation.Size], new float[spec.Action.Size], new float[spec.Observation.Size], new double[1]);
        Traces =
        [
            new StepTrace(VimeFigures.TraceName, VimeFigures.TraceMeaning, (observation, action, following) =>
            {
                experience.Seen(observation).CopyTo(seen);
                experience.Seen(following).CopyTo(then);
                action.CopyTo(done);
                scale?.Undo(done, done);
                Look(new(seen, done, then, [true]), paid);
                return paid[0];
            }),
        ];
    }

    /// <inheritdoc/>
    public IPolicy Policy { get; }

    /// <inheritdoc/>
    public IReadOnlyList<StepTrace> Traces { get; }

    /// <summary>The policy's parameters, flat.</summary>
    public ReadOnlySpan<float> Parameters => policy.Parameters;

    /// <inheritdoc/>
    public Progress Update()
    {
        var points = new List<MetricValue>();

        // 1: act, path after path.
        var begun = experience.Batch.Steps;
        paths.Collect(experience, policy, scale, actionRng, episode => episodes.Add(episode, points));
        var steps = experience.Batch.Steps;
        var means = new MetricMeans(steps);
        var seen = Take();
        exploration.Add(steps, paths.Observations);

        // 2: score every step by what was known before it.
        curiosity.Score(seen, scores, bonuses);
        RequireFinite(scores, Metrics.GainMaximum, steps);
        RequireFinite(bonuses, Metrics.GainMaximum, steps);

        // 3: pay for it.
        var eta = GainNormaliser.Weight(config.Eta, config.EtaDiscount, iteration++);
        for (var row = 0; row < paths.Rows; row++)
            rewards[row] = paths.Rewards[row] + eta * bonuses[row];

        // 4: advantages of all that is paid over what the baseline of the previous batch expects; then fit the baseline.
        paths.Predict(baseline);
        ReadOnlySpan<double> expected = config.BaselineTarget == BaselineTarget.Augmented ? rewards : paths.Rewards;
        if (config.Baseline == BaselineKind.Linear)
            paths.DiscountedReturns(expected, config.Gamma, config.BootstrapOnTruncation, targets);
        else
        {
            paths.Advantages(expected, config.Gamma, config.GaeLambda, config.BootstrapOnTruncation, targets);
            for (var row = 0; row < paths.Rows; row++)
                targets[row] += paths.Values[row];
        }
        paths.Advantages(rewards, config.Gamma, config.GaeLambda, config.BootstrapOnTruncation, advantages);
        if (config.NormaliseAdvantages)
            PolicyGradients.Normalise<double>(advantages);
        means.Add(Metrics.ValueLoss, PolicyGradients.ClippedValueLoss<double>(paths.Values, paths.Values, targets, double.PositiveInfinity, new double[paths.Rows]));
        var explained = Returns.ExplainedVariance<double>(paths.Values, targets);
        baseline.Fit(paths.Observations, paths.Times, targets);

        // 5: learn from what was scored.
        var fit = curiosity.Learn(seen);
        RequireFinite([fit.ErrorBefore, fit.ErrorAfter], Metrics.ModelErrorAfter, steps);

        // 6: improve the policy.
        if (trustRegion is not null)
            trustRegion.Improve(paths.Observations, paths.Actions, advantages, curvatureRng, steps).Report(means);
        else
            clipped!.Improve(paths.Observations, paths.Actions, advantages, curvatureRng, steps).Report(means);

        means.Add(Metrics.ParameterNorm, FlatMemory.Norm(policy.Parameters));
        ReportCuriosity(means, eta, fit, steps);
        ReportIntrinsicReturns(begun, points);
        episodes.Summarise(steps, points);
        means.Report(points);
        points.AddDefined(Metrics.ExplainedVariance, steps, explained);
        return new Progress(steps, episodes.Count, points);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Figure> Figures()
    {
        var errors = new double[dynamics is null ? 0 : paths.Rows];
        dynamics?.Model.Errors(new(paths.Observations, paths.Actions, next, ends), errors);
        return
        [
            .. VimeFigures.Of(paths, scores, bonuses, exploration, dynamics, errors, config.Bonus),
            .. TrpoFigures.Of(paths, targets, trustRegion?.Tries ?? [], config.MaximumKl, experience.Batch.Spec.Action),
        ];
    }

    /// <inheritdoc/>
    public void Save(CheckpointWriter writer)
    {
        writer.Write<float>(policy.Parameters);
        clipped?.Save(writer);
        baseline.Save(writer);
        curiosity.Save(writer);
        exploration.Save(writer);
        paths.Save(writer);
        experience.Save(writer);
        episodes.Save(writer);
        writer.Write(carried);
        writer.Write(iteration);
        actionRng.Save(writer);
        curvatureRng.Save(writer);
    }

    /// <inheritdoc/>
    public void Load(CheckpointReader reader)
    {
        reader.ReadInto<float>(policy.Parameters);
        clipped?.Load(reader);
        baseline.Load(reader);
        curiosity.Load(reader);
        exploration.Load(reader);
        paths.Load(reader);
        experience.Load(reader);
        episodes.Load(reader);
        carried = reader.ReadDouble();
        iteration = reader.ReadInt32();
        (actionRng, curvatureRng) = (Rng.Load(reader), Rng.Load(reader));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        experience.Dispose();
        baseline.Dispose();
        clipped?.Dispose();
        curiosity.Dispose();
    }

    private void Look(Transitions transitions, Span<double> paid)
    {
        dynamics?.Look(transitions, paid);
        random?.Look(transitions, paid);
    }

    // The batch as curiosity wants it: with what was observed after every step.
    private Transitions Take()
    {
        if (scores.Length != paths.Rows)
        {
            (next, ends) = (new float[paths.Rows * paths.ObservationSize], new bool[paths.Rows]);
            (scores, bonuses, rewards) = (new double[paths.Rows], new double[paths.Rows], new double[paths.Rows]);
            (advantages, targets, sorted) = (new double[paths.Rows], new double[paths.Rows], new double[paths.Rows]);
        }
        Array.Clear(ends);
        for (var path = 0; path < paths.Paths.Count; path++)
        {
            var range = paths.Paths[path];
            for (var row = range.Start; row < range.End; row++)
                paths.NextObservation(path, row).CopyTo(next.AsSpan(row * paths.ObservationSize));
            ends[range.End - 1] = true;
        }
        return new(paths.Observations, paths.Actions, next, ends);
    }

    private static void RequireFinite(ReadOnlySpan<double> values, string metric, long steps)
    {
        foreach (var value in values)
            if (!double.IsFinite(value))
                throw new DivergedException(metric, steps, value);
    }

    private void ReportCuriosity(MetricMeans means, double eta, CuriosityFit fit, long steps)
    {
        var (sum, paid, earned) = (0.0, 0.0, 0.0);
        for (var row = 0; row < paths.Rows; row++)
            (sum, paid, earned) = (sum + scores[row], paid + eta * bonuses[row], earned + Math.Abs(paths.Rewards[row]));
        scores.CopyTo(sorted, 0);
        Array.Sort(sorted);
        means.Add(Metrics.GainMedian, (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2);
        means.Add(Metrics.GainMean, sum / paths.Rows);
        means.Add(Metrics.GainMaximum, sorted[^1]);
        means.Add(Metrics.BonusShare, paid > 0 ? paid / (paid + earned) : 0);
        means.Add(Metrics.GainDivisor, dynamics?.Normaliser.Divisor ?? random!.Divisor);
        means.Add(Metrics.ModelErrorBefore, fit.ErrorBefore);
        means.Add(Metrics.ModelErrorAfter, fit.ErrorAfter);
        means.Add(Metrics.StateCoverage, exploration.Visited);
        if (dynamics is null)
            return;
        var divergence = dynamics.Model.PriorDivergence();
        RequireFinite([divergence], Metrics.PriorDivergence, steps);
        means.Add(Metrics.PriorDivergence, divergence);
    }

    private void ReportIntrinsicReturns(long begun, List<MetricValue> points)
    {
        foreach (var path in paths.Paths)
        {
            for (var row = path.Start; row < path.End; row++)
                carried += bonuses[row];
            if (path.Cut)
                continue;
            points.Add(new(Metrics.IntrinsicReturn, begun + path.End, carried));
            carried = 0;
        }
    }
}
