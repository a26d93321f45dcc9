using System.Collections.Concurrent;
using System.ComponentModel.DataAnnotations;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Core.Formulas;
using IntrinsicLab.Core.Networks;
using IntrinsicLab.Core.Optimizers;
using TorchSharp;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>Hyper-parameters of <see cref="Lpg"/>.</summary>
public sealed record LpgConfig
{
    /// <summary>Lifetimes held at once, L, each an agent in a world of its own (Oh et al. 2020: 960; here a size for two cores).</summary>
    [Range(1, 100_000), Unit("lifetimes"), Group("Lifetimes")]
    public int Lifetimes { get; init; } = 32;

    /// <summary>Copies of each lifetime's world, E (Oh et al. 2020: 64).</summary>
    [Range(1, 4096), Unit("environments"), Group("Lifetimes")]
    public int Environments { get; init; } = 16;

    /// <summary>Steps of each copy for one update of the agent, T (Oh et al. 2020: 20).</summary>
    [Range(1, 10_000), Unit("steps"), Group("Lifetimes")]
    public int StepsPerRollout { get; init; } = 20;

    /// <summary>Updates of an agent until it dies and another begins; those of the first generation die at ages of 1/8 to 9/8 of it.</summary>
    [Range(1, 10_000_000), Unit("updates"), Group("Lifetimes")]
    public int LifetimeUpdates { get; init; } = 400;

    /// <summary>Meta-updates at the beginning on the families alone that teach credit over many steps: the chains. 0 begins with all.</summary>
    [Range(0, 1_000_000_000), Unit("updates"), Group("Lifetimes")]
    public long FirstUpdates { get; init; } = 500;

    /// <summary>
    /// Step sizes α to choose from for the mean over a rollout's E·T steps, with commas: what suits 1,280 steps (Oh et al. 2020: 20, 40, 80) is four
    /// times what suits 320.
    /// </summary>
    [Group("Step sizes of agents")]
    public string LearningRates { get; init; } = "5, 10, 20, 40";

    /// <summary>Weights α_y of predictions to choose from (Oh et al. 2020: 0.1, 0.5, 1; larger ones suit short lifetimes).</summary>
    [Group("Step sizes of agents")]
    public string PredictionCoefficients { get; init; } = "0.4, 2, 4";

    /// <summary>τ, how even the choice of step sizes is.</summary>
    [Range(0.0, 1e6, MinimumIsExclusive = true), Group("Step sizes of agents")]
    public double BanditTemperature { get; init; } = 0.1;

    /// <summary>ρ, what a choice gains by being rare.</summary>
    [Range(0.0, 1e6), Group("Step sizes of agents")]
    public double BanditExploration { get; init; } = 0.2;

    /// <summary>w, latest scores of a choice that count.</summary>
    [Range(1, 10_000), Unit("lifetimes"), Group("Step sizes of agents")]
    public int BanditWindow { get; init; } = 10;

    /// <summary>Values of an agent's prediction vector, m (Oh et al. 2020: 30).</summary>
    [Range(1, 1000), Unit("values"), Group("Rule")]
    public int Predictions { get; init; } = 8;

    /// <summary>Recurrent units of the rule, H (Oh et al. 2020: 256).</summary>
    [Range(1, 4096), Unit("units"), Group("Rule")]
    public int Units { get; init; } = 32;

    /// <summary>What the rule reads of predictions: values is LPG-V; the others are ablations.</summary>
    [Group("Rule")]
    public RuleSemantics Semantics { get; init; } = RuleSemantics.Predictions;

    /// <summary>Discount γ, read by the rule and used by the meta-gradient's advantages.</summary>
    [Range(0.0, 1.0), Group("Meta-gradient")]
    public double Gamma { get; init; } = 0.99;

    /// <summary>Trace decay λ of the meta-gradient's advantages.</summary>
    [Range(0.0, 1.0), Group("Meta-gradient")]
    public double Lambda { get; init; } = 0.95;

    /// <summary>Updates of an agent that the meta-gradient goes back through, K (Oh et al. 2020: 5).</summary>
    [Range(1, 1000), Unit("updates"), Group("Meta-gradient")]
    public int UpdatesPerWindow { get; init; } = 5;

    /// <summary>Smallest deviation that advantages are divided by, so that a world which pays nothing teaches nothing.</summary>
    [Range(0.0, 1e6, MinimumIsExclusive = true), Unit("return"), Group("Meta-gradient")]
    public double AdvantageFloor { get; init; } = 0.01;

    /// <summary>β₀, weight of the agents' policy entropy (re-implementations: 0.01 to 0.05).</summary>
    [Range(0.0, 1e3), Group("Meta-gradient")]
    public double PolicyEntropy { get; init; } = 0.02;

    /// <summary>β₁, weight of the entropy of their predictions.</summary>
    [Range(0.0, 1e3), Group("Meta-gradient")]
    public double PredictionEntropy { get; init; } = 1e-3;

    /// <summary>β₂, weight of π̂².</summary>
    [Range(0.0, 1e3), Group("Meta-gradient")]
    public double PolicyTargetPenalty { get; init; } = 1e-3;

    /// <summary>β₃, weight of Σ ŷ².</summary>
    [Range(0.0, 1e3), Group("Meta-gradient")]
    public double PredictionTargetPenalty { get; init; } = 1e-3;

    /// <summary>Step size of the rule (Adam).</summary>
    [Range(0.0, 1.0), Group("Optimiser")]
    public double MetaLearningRate { get; init; } = 1e-3;

    /// <summary>Updates over which the step size rises from 0.</summary>
    [Range(0, 1_000_000), Unit("updates"), Group("Optimiser")]
    public int RisingUpdates { get; init; } = 50;

    /// <summary>Share of the run, at its end, in which the step size falls to a tenth.</summary>
    [Range(0.0, 1.0), Group("Optimiser")]
    public double FallingShare { get; init; } = 0.3;

    /// <summary>Longest gradient of a single lifetime; 0 for none. One agent that explodes does not drown the others.</summary>
    [Range(0.0, 1e6), Group("Optimiser")]
    public double LifetimeClip { get; init; } = 0.3;

    /// <summary>Longest mean gradient; 0 for none.</summary>
    [Range(0.0, 1e6), Group("Optimiser")]
    public double GradientClip { get; init; } = 0.5;

    /// <summary>Who computes gradients: our own passes, lifetime by lifetime, or libtorch, all at once; auto takes libtorch on graphics cards.</summary>
    [Group("Optimiser")]
    public GradientEngine Gradients { get; init; } = GradientEngine.Auto;

    /// <summary>Threads that share the lifetimes; results do not depend on it.</summary>
    [Range(1, 256), Unit("threads"), Group("Lifetimes")]
    public int Threads { get; init; } = 1;
}

/// <summary>
/// Learned policy gradient (Oh, Hessel, Czarnecki, Xu, van Hasselt, Singh and Silver 2020, "Discovering Reinforcement Learning Algorithms",
/// algorithm 1): learns the rule that agents learn by. Each lifetime is an agent of two tables in a world of its own; the rule sees rewards, ends,
/// probabilities and predictions, and what K of its updates did to the next rollout's return is its gradient, taken exactly through the updates
/// and the rule's own inputs. Choices where the article is silent, and the numbers below, are in docs/algorithms/lpg.md.
/// </summary>
public sealed class Lpg : IAlgorithm
{
    private const int MostGroups = 16;

    private readonly LpgConfig config;
    private readonly RuleNetwork network;
    private readonly RuleRegularisation regularisation;
    private readonly IReadOnlyList<LevelFamily> families;
    private readonly int[] lots, firstLots;
    private readonly AgentRates[] arms;
    private readonly RateBandit[] bandits;
    private readonly TabularBatch batch;
    private readonly Lifetime[] lifetimes;
    private readonly ConcurrentBag<Workspace> workspaces = [];
    private readonly Func<Workspace> makeWorkspace;
    private readonly float[][] gradients;
    private readonly Adam optimizer = new(1e-8, EpsilonStyle.Pytorch);
    private readonly torch.Tensor parameters, meanGradient;
    private readonly OptimizerState optimizerState;
    private readonly long totalUpdates;
    private readonly LpgTensors? tensors;
    private readonly TrialPolicy trial;
    private Rng drawRng;
    private long updates, born, ended, dropped, episodes;

    /// <summary>Makes the rule and the first generation of agents.</summary>
    /// <param name="config">Hyper-parameters.</param>
    /// <param name="setup">Families of worlds, budget and randomness.</param>
    public Lpg(LpgConfig config, TrainingSetup setup)
    {
        this.config = config;
        network = LpgSettings.Network(config);
        regularisation = new(config.PolicyEntropy, config.PredictionEntropy, config.PolicyTargetPenalty, config.PredictionTargetPenalty);
        var spec = setup.Environments.Spec;
        families = spec.Families;
        lots = [.. families.Index().SelectMany(family => Enumerable.Repeat(family.Index, family.Item.Share))];
        firstLots = [.. lots.Where(family => families[family].First)];
        arms =
        [
            .. from rate in LpgSettings.Numbers(config.LearningRates)!
               from coefficient in LpgSettings.Numbers(config.PredictionCoefficients)!
               select new AgentRates(rate, coefficient),
        ];
        bandits = [.. families.Select(_ => new RateBandit(arms.Length, config.BanditTemperature, config.BanditExploration, config.BanditWindow))];
        batch = new TabularBatch(config.Lifetimes, config.Environments, setup.Rng.Split("lifetimes"));
        drawRng = setup.Rng.Split("families");
        totalUpdates = Math.Max(1, setup.Steps / StepsPerUpdate);

        // 1: a rule that knows nothing, and agents in worlds of their own.
        parameters = torch.zeros([network.ParameterCount], torch.ScalarType.Float32);
        network.Initialise(FlatMemory.Of(parameters), setup.Rng.Split("rule"));
        meanGradient = torch.zeros([network.ParameterCount], torch.ScalarType.Float32);
        optimizerState = optimizer.Initial(parameters);
        gradients = [.. Enumerable.Range(0, Groups(config)).Select(_ => new float[network.ParameterCount])];
        var (mostStates, mostActions) = (families.Max(family => family.MostStates), families.Max(family => family.MostActions));
        makeWorkspace = () => new Workspace(network, config, mostStates, mostActions);
        lifetimes = new Lifetime[config.Lifetimes];
        for (var place = 0; place < lifetimes.Length; place++)
            Begin(place, firstGeneration: true);
        trial = new TrialPolicy(this, spec);
        if (setup.Device.type != DeviceType.CPU || config.Gradients == GradientEngine.Autograd)
            tensors = new LpgTensors(config, network, batch, mostStates, setup.Device);
    }

    /// <inheritdoc/>
    public IPolicy Policy => trial;

    /// <inheritdoc/>
    public RuleContent Rule => new(network, config.Gamma, FlatMemory.Of(parameters).ToArray());

    /// <summary>η, flat.</summary>
    public ReadOnlySpan<float> Parameters => FlatMemory.Of(parameters);

    private long StepsPerUpdate => (long)config.Lifetimes * config.Environments * config.StepsPerRollout * (config.UpdatesPerWindow + 1);

    /// <inheritdoc/>
    public Progress Update()
    {
        // 3-10: every lifetime by itself; sums run over groups of a fixed size, so that threads change the speed alone.
        if (tensors is null)
            LiveInGroups();
        else
            tensors.Run(parameters, lifetimes, [.. lifetimes.Select(life => arms[life.Arm])], regularisation, FlatMemory.Of(meanGradient));
        updates++;
        trial.Forget();
        var steps = updates * StepsPerUpdate;
        var points = new List<MetricValue>();

        // 11: step along the mean.
        var rate = Rate();
        var norm = GlobalNorm.ClipInPlace(meanGradient, config.GradientClip);
        optimizer.StepInPlace(parameters, meanGradient, optimizerState, rate);

        var held = (double)lifetimes.Length;
        points.Add(new(Metrics.MetaLoss, steps, lifetimes.Sum(life => life.Loss) / held));
        points.Add(new(Metrics.MetaGradientNorm, steps, norm));
        points.Add(new(LpgSettings.LargestGradient, steps, lifetimes.Max(life => life.GradientNorm)));
        points.Add(new(Metrics.Entropy, steps, lifetimes.Sum(life => life.PolicyEntropy) / held));
        points.Add(new(LpgSettings.PredictionEntropy, steps, lifetimes.Sum(life => life.PredictionEntropy) / held));
        points.Add(new(LpgSettings.PolicyTarget, steps, Math.Sqrt(lifetimes.Sum(life => life.PolicyTargetSquare) / held)));
        points.Add(new(Metrics.LearningRate, steps, rate));

        // 12: lifetimes that are over are scored, their bandits told, and others begin.
        var (scores, ending) = (0.0, 0);
        var (episodeCount, returns) = (0, 0.0);
        for (var place = 0; place < lifetimes.Length; place++)
        {
            var life = lifetimes[place];
            var (count, sum) = batch.TakeEpisodes(place);
            (episodeCount, returns) = (episodeCount + count, returns + sum);
            life.Count(count, sum);
            if (!life.Dropped && life.Age < life.Length)
                continue;
            if (life.Dropped)
                dropped++;
            else
            {
                bandits[life.Family].Tell(life.Arm, life.Score);
                scores += bandits[life.Family].Standardised(life.Score);
                ending++;
            }
            ended++;
            Begin(place, firstGeneration: false);
        }

        episodes += episodeCount;
        if (episodeCount > 0)
            points.Add(new(Metrics.ExtrinsicReturn, steps, returns / episodeCount));
        if (ending > 0)
            points.Add(new(LpgSettings.LifetimeScore, steps, scores / ending));
        points.Add(new(LpgSettings.LifetimesEnded, steps, ended));
        points.Add(new(LpgSettings.LifetimesDropped, steps, dropped));
        return new Progress(steps, episodes, points);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Figure> Figures() => LpgFigures.Of(Rule, families, arms, bandits);

    /// <inheritdoc/>
    public void Save(CheckpointWriter writer)
    {
        writer.WriteTensor(parameters);
        foreach (var slot in optimizerState.Slots)
            writer.WriteTensor(slot);
        writer.Write(optimizerState.Steps);
        batch.Save(writer);
        foreach (var life in lifetimes)
            life.Save(writer);
        foreach (var bandit in bandits)
            bandit.Save(writer);
        drawRng.Save(writer);
        foreach (var number in new[] { updates, born, ended, dropped, episodes })
            writer.Write(number);
    }

    /// <inheritdoc/>
    public void Load(CheckpointReader reader)
    {
        reader.ReadInto(parameters);
        foreach (var slot in optimizerState.Slots)
            reader.ReadInto(slot);
        optimizerState.Steps = reader.ReadInt64();
        batch.Load(reader);
        for (var place = 0; place < lifetimes.Length; place++)
            lifetimes[place] = Lifetime.Load(reader, batch.Level(place), network.Predictions);
        foreach (var bandit in bandits)
            bandit.Load(reader);
        drawRng = Rng.Load(reader);
        (updates, born, ended, dropped, episodes) =
            (reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64());
        trial.Forget();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        parameters.Dispose();
        meanGradient.Dispose();
        optimizerState.Dispose();
    }

    /// <summary>Groups of lifetimes whose gradients are summed one after the other.</summary>
    internal static int Groups(LpgConfig config) => Math.Min(MostGroups, config.Lifetimes);

    private void LiveInGroups()
    {
        var perGroup = (lifetimes.Length + gradients.Length - 1) / gradients.Length;
        if (config.Threads == 1)
            for (var group = 0; group < gradients.Length; group++)
                Live(group);
        else
            Parallel.For(0, gradients.Length, new ParallelOptions { MaxDegreeOfParallelism = config.Threads }, Live);
        var mean = FlatMemory.Of(meanGradient);
        mean.Clear();
        foreach (var gradient in gradients)
            for (var i = 0; i < mean.Length; i++)
                mean[i] += gradient[i] / lifetimes.Length;

        void Live(int group)
        {
            if (!workspaces.TryTake(out var workspace))
                workspace = makeWorkspace();
            Array.Clear(gradients[group]);
            for (var place = group * perGroup; place < Math.Min(lifetimes.Length, (group + 1) * perGroup); place++)
                LiveOne(place, workspace, gradients[group]);
            workspaces.Add(workspace);
        }
    }

    // One lifetime's window: K rollouts and updates, one rollout more, and the way back.
    private void LiveOne(int place, Workspace workspace, Span<float> gradient)
    {
        var (life, window) = (lifetimes[place], workspace.Window);
        var rule = Parameters;
        // 4: the agent as it is.
        window.Begin(life.Agent, arms[life.Arm]);
        for (var k = 0; k < config.UpdatesPerWindow; k++)
        {
            // 5: a rollout with its policy.
            workspace.Roll(batch, place, life, k);
            // 6: the rule speaks, the agent follows.
            window.Update(k, rule, config.Gamma);
            // 7: the value function beside it, which is no part of the agent.
            workspace.Evaluate(life.Agent, k);
        }
        // 8: a rollout that judges.
        workspace.Roll(batch, place, life, config.UpdatesPerWindow);
        workspace.Evaluate(life.Agent, config.UpdatesPerWindow);
        workspace.NormaliseAdvantages();
        // 9: back through all of it.
        Array.Clear(workspace.Gradient);
        life.Loss = window.Backward(rule, workspace.Advantages, regularisation, workspace.Gradient);
        life.GradientNorm = FlatMemory.Norm(workspace.Gradient);
        (life.PolicyEntropy, life.PredictionEntropy, life.PolicyTargetSquare) = (window.PolicyEntropy, window.PredictionEntropy, window.PolicyTargetSquare);
        life.Age += config.UpdatesPerWindow;
        if (!double.IsFinite(life.GradientNorm) || !double.IsFinite(life.Loss))
        {
            life.Drop();
            return;
        }
        // 10: no lifetime outweighs the others by exploding.
        var scale = config.LifetimeClip > 0 && life.GradientNorm > config.LifetimeClip ? (float)(config.LifetimeClip / life.GradientNorm) : 1;
        for (var i = 0; i < gradient.Length; i++)
            gradient[i] += scale * workspace.Gradient[i];
    }

    // 2: a world from a family, step sizes from the family's bandit, an agent that knows nothing.
    private void Begin(int place, bool firstGeneration)
    {
        var drawn = updates < config.FirstUpdates && firstLots.Length > 0 ? firstLots : lots;
        var family = drawn[drawRng.NextInt(drawn.Length)];
        var arm = bandits[family].Draw(drawRng);
        // Were all of one age, the gradient would swing between early and late learning.
        var length = (long)config.LifetimeUpdates * families[family].LifeFactor;
        if (firstGeneration)
            length = Math.Max(1, (long)Math.Round(length * (0.125 + drawRng.NextDouble())));
        var ordinal = born++;
        var stream = batch.Stream(ordinal);
        batch.Begin(place, ordinal, families[family].Draw(stream.Split("level")));
        lifetimes[place] = new Lifetime(
            family, arm, (int)Math.Min(length, int.MaxValue), NewAgent(batch.Level(place), network.Predictions, stream.Split("agent")), stream.Split("actions"));
    }

    /// <summary>An agent that knows nothing: Θ = 0, Z drawn from N(0, 0.1²).</summary>
    internal static TabularAgent<float> NewAgent(ITabularLevel level, int predictions, Rng rng)
    {
        var agent = new TabularAgent<float>(level.States, level.Actions, predictions);
        foreach (ref var logit in agent.Prediction.AsSpan())
            logit = (float)(0.1 * rng.NextGaussian());
        return agent;
    }

    private double Rate()
    {
        var rising = config.RisingUpdates > 0 ? Math.Min(1, updates / (double)config.RisingUpdates) : 1;
        var left = config.FallingShare > 0 ? Math.Clamp((totalUpdates - updates) / (config.FallingShare * totalUpdates), 0, 1) : 1;
        return config.MetaLearningRate * rising * (0.1 + 0.9 * left);
    }

    // What a thread needs to take one lifetime through a window.
    private sealed class Workspace(RuleNetwork network, LpgConfig config, int mostStates, int mostActions)
    {
        private readonly TableValues values = new(config.StepsPerRollout, config.Environments, mostStates, config.Gamma, config.Lambda);

        public LifetimeWindow<float> Window { get; } =
            new(network, config.UpdatesPerWindow, config.StepsPerRollout, config.Environments, mostStates, mostActions);

        public float[] Gradient { get; } = new float[network.ParameterCount];

        public Span<float> Advantages => values.Advantages;

        public void Roll(TabularBatch batch, int place, Lifetime life, int k)
        {
            var (rollout, actions) = (Window.Rollouts[k], life.Agent.Actions);
            for (var step = 0; step < config.StepsPerRollout; step++)
            {
                Window.Read(k, step, batch.States(place));
                Choose(Window.Policy(k, step), actions, life.Actions, rollout.ActionsOf(step, 0));
                rollout.Step(batch, place, step, 0);
            }
        }

        public void Evaluate(TabularAgent<float> agent, int k) => values.Evaluate(agent.Values, Window.Rollouts[k]);

        public void NormaliseAdvantages() => Standardise(Advantages, config.AdvantageFloor);
    }

    /// <summary>Brings advantages to mean 0 and deviation 1, dividing by no less than a floor.</summary>
    internal static void Standardise(Span<float> advantages, double floor)
    {
        var (sum, squares) = (0.0, 0.0);
        foreach (var advantage in advantages)
            sum += advantage;
        var mean = sum / advantages.Length;
        foreach (var advantage in advantages)
            squares += (advantage - mean) * (advantage - mean);
        var deviation = Math.Max(floor, Math.Sqrt(squares / advantages.Length));
        foreach (ref var advantage in advantages)
            advantage = (float)((advantage - mean) / deviation);
    }

    /// <summary>Draws an action for every copy.</summary>
    internal static void Choose(ReadOnlySpan<float> policy, int actions, Rng rng, Span<byte> chosen)
    {
        for (var e = 0; e < chosen.Length; e++)
        {
            var (left, action) = (rng.NextDouble(), 0);
            var row = policy.Slice(e * actions, actions);
            for (; action < actions - 1; action++)
                if ((left -= row[action]) < 0)
                    break;
            chosen[e] = (byte)action;
        }
    }

    // The policy of an agent that the rule, as it is, has taught the world that is evaluated in, from nothing.
    private sealed class TrialPolicy(Lpg learner, EnvironmentSpec spec) : IPolicy
    {
        private TabularAgent<float>? agent;

        public void Act(ReadOnlySpan<float> observation, Span<float> action)
        {
            agent ??= Teach();
            var row = agent.Policy.AsSpan(spec.Table!.StateOf(observation) * agent.Actions, agent.Actions);
            var best = 0;
            for (var i = 1; i < row.Length; i++)
                if (row[i] > row[best])
                    best = i;
            action[0] = best;
        }

        public void Forget() => agent = null;

        private TabularAgent<float> Teach()
        {
            var config = learner.config;
            var trials = new TabularBatch(1, config.Environments, new Rng(0).Split("trial"));
            trials.Begin(0, 0, spec.Level!);
            var taught = NewAgent(spec.Level!, learner.network.Predictions, trials.Stream(0).Split("agent"));
            var life = new Lifetime(0, 0, 0, taught, trials.Stream(0).Split("actions"));
            var workspace = new Workspace(learner.network, config with { UpdatesPerWindow = 1 }, spec.Level!.States, spec.Level!.Actions);
            workspace.Window.Begin(taught, learner.arms[learner.arms.Length / 2]);
            for (var update = 0; update < config.LifetimeUpdates; update++)
            {
                workspace.Roll(trials, 0, life, 0);
                workspace.Window.Update(0, FlatMemory.Of(learner.parameters), config.Gamma);
                if (learner.network.Semantics == RuleSemantics.Values)
                    workspace.Evaluate(taught, 0);
            }
            return taught;
        }
    }
}
