using IntrinsicLab.Core.Environments;

namespace IntrinsicLab.Core.Algorithms;

/// <summary>One algorithm of the catalogue.</summary>
/// <param name="Id">Kebab-case id used in plans and addresses.</param>
/// <param name="Name">Name for people.</param>
/// <param name="Summary">One sentence: what it does.</param>
/// <param name="Paper">Authors, year, title.</param>
/// <param name="Parameters">Record of its hyper-parameters.</param>
/// <param name="Defaults">The parameters' defaults for an environment: published settings differ between kinds of task.</param>
/// <param name="Create">Makes the algorithm from such a record.</param>
public sealed record AlgorithmEntry(
    string Id, string Name, string Summary, string Paper, Type Parameters, Func<EnvironmentSpec, object> Defaults, Func<object, TrainingSetup, IAlgorithm> Create)
{
    /// <summary>Says why the algorithm cannot act in such an environment; null where it can.</summary>
    public Func<EnvironmentSpec, string?> WhyNotOn { get; init; } = _ => null;

    /// <summary>What rules the parameters break together, beyond each one's own range; each with the member's name in camel case.</summary>
    public Func<object, EnvironmentSpec, IEnumerable<(string Member, string Message)>> CrossCheck { get; init; } = (_, _) => [];

    /// <summary>Says, before a run starts, what it will hold in memory; null where that is not worth saying.</summary>
    public Func<object, EnvironmentSpec, string?> Memory { get; init; } = (_, _) => null;

    /// <summary>Named settings to start from: name, sentence, members that differ from the defaults.</summary>
    public IReadOnlyList<Preset> Presets { get; init; } = [];

    /// <summary>By default the world's reward teaches it nothing: it pays itself.</summary>
    public bool IgnoresReward { get; init; }

    /// <summary>The metrics its updates report, with one optimiser or another, beside those of every run (<see cref="Metrics.OfEveryRun"/>).</summary>
    public IReadOnlyList<MetricDescription> Reports { get; init; } = [];
}

/// <summary>A named set of parameter values.</summary>
/// <param name="Name">Name for people.</param>
/// <param name="Summary">Where the values come from.</param>
/// <param name="Values">Member name in camel case, and its value.</param>
public sealed record Preset(string Name, string Summary, IReadOnlyDictionary<string, object> Values);

/// <summary>Every algorithm, one line each. The form, the API, the plan reader and the contract tests read it.</summary>
public static class AlgorithmCatalog
{
    /// <summary>All entries in the order they are listed.</summary>
    public static IReadOnlyList<AlgorithmEntry> All { get; } =
    [
        Entry("ppo", "PPO", "Proximal policy optimisation: several epochs on each rollout, with the change of the policy clipped.",
            "Schulman, Wolski, Dhariwal, Radford and Klimov 2017, Proximal Policy Optimization Algorithms",
            PpoSettings.For, PpoSettings.Check, (config, setup) => new Ppo(config, setup))
            with { WhyNotOn = WhyNotActorCritic, Presets = PpoSettings.Presets, Reports = [.. Metrics.OfActorCritics, .. Metrics.OfClippedUpdates] },
        Entry("a2c", "A2C", "Advantage actor-critic: one step along the policy gradient after a few steps of many environments.",
            "Mnih et al. 2016, Asynchronous Methods for Deep Reinforcement Learning; with memory and auxiliary tasks: Jaderberg et al. 2016, Reinforcement Learning with Unsupervised Auxiliary Tasks",
            A2CSettings.For, A2CSettings.Check, (config, setup) => config.WithMemoryOrTasks ? new Unreal(config, setup) : new A2C(config, setup))
            with { WhyNotOn = WhyNotActorCritic, Presets = A2CSettings.Presets, Reports = [.. Metrics.OfActorCritics, .. Metrics.OfAuxiliaryTasks] },
        Entry("trpo", "TRPO", "Trust region policy optimisation: the largest step along the natural gradient that keeps the new policy close to the old.",
            "Schulman, Levine, Abbeel, Jordan and Moritz 2015, Trust Region Policy Optimization",
            TrpoSettings.For, TrpoSettings.Check, (config, setup) => new Trpo(config, setup))
            with { WhyNotOn = TrpoSettings.WhyNotOn, Presets = TrpoSettings.Presets, Reports = Metrics.OfTrustRegions },
        Entry("sac", "SAC", "Soft actor-critic: learns from everything it remembers, towards return and entropy together.",
            "Haarnoja et al. 2018, Soft Actor-Critic Algorithms and Applications",
            SacSettings.For, SacSettings.Check, (config, setup) => new Sac(config, setup))
            with { WhyNotOn = SacSettings.WhyNotOn, Presets = SacSettings.Presets, Reports = Metrics.OfSoftActorCritics },
        Entry("vime", "VIME", "Pays each step for what it teaches a Bayesian model of the world, and learns from that and the reward together.",
            "Houthooft, Chen, Duan, Schulman, De Turck and Abbeel 2016, VIME: Variational Information Maximizing Exploration",
            VimeSettings.For, VimeSettings.Check, (config, setup) => new Vime(config, setup))
            with { WhyNotOn = TrpoSettings.WhyNotOn, Presets = VimeSettings.Presets, Reports = [.. Metrics.OfTrustRegions, .. Metrics.OfClippedUpdates, .. Metrics.OfInformationGain] },
        Entry("lirpg", "LIRPG", "Learns a reward of its own by meta-gradient: one that makes the policy's next step raise the extrinsic return.",
            "Zheng, Oh and Singh 2018, On Learning Intrinsic Rewards for Policy Gradient Methods",
            LirpgSettings.For, LirpgSettings.Check, (config, setup) => new Lirpg(config, setup))
            with { WhyNotOn = WhyNotActorCritic, Presets = LirpgSettings.Presets, Reports = [.. Metrics.OfActorCritics, .. Metrics.OfClippedUpdates, .. Metrics.OfLearnedRewards] },
        Entry("cln", "CLN", "Learns an intrinsic reward whose weights also condition the policy, so that the extrinsic return can train them directly.",
            "Stadie, Zhang and Ba 2020, Learning Intrinsic Rewards as a Bi-Level Optimization Problem",
            ClnSettings.For, ClnSettings.Check, (config, setup) => new Cln(config, setup))
            with { WhyNotOn = ClnSettings.WhyNotOn, Presets = ClnSettings.Presets, Reports = [.. Metrics.OfActorCritics, .. Metrics.OfClippedUpdates, .. Metrics.OfConditionalPolicies] },
        Entry("count-bonus", "Count bonus", "Pays for what was seldom seen, by counts of boxes or hashes or by pseudo-counts, beside the reward of the task.",
            "Tang et al. 2017, #Exploration: A Study of Count-Based Exploration for Deep Reinforcement Learning",
            CountBonusSettings.For, CountBonusSettings.Check, (config, setup) => new CountBonus(config, setup))
            with { WhyNotOn = TrpoSettings.WhyNotOn, Presets = CountBonusSettings.Presets, Reports = CountBonusSettings.Reports },
        Entry("q-learning", "Q-learning", "Keeps a table of values for worlds of few states, and explores by chance, by counts in the choice, in the reward or in a model.",
            "Watkins and Dayan 1992, Q-learning; Strehl and Littman 2008, An Analysis of Model-Based Interval Estimation for Markov Decision Processes",
            QLearningSettings.For, QLearningSettings.Check, (config, setup) => new QLearning(config, setup))
            with { WhyNotOn = QLearningSettings.WhyNotOn, Presets = QLearningSettings.Presets, Reports = QLearningSettings.Reports },
        Entry("diayn", "DIAYN", "Learns skills without any reward: a policy told one of n numbers is paid for being told apart by where it goes.",
            "Eysenbach, Gupta, Ibarz and Levine 2018, Diversity Is All You Need: Learning Skills without a Reward Function",
            DiaynSettings.For, DiaynSettings.Check, (config, setup) => new Diayn(config, setup))
            with { WhyNotOn = DiaynSettings.WhyNotOn, Presets = DiaynSettings.Presets, Reports = DiaynSettings.Reports, IgnoresReward = true },
        Entry("gpim", "GPIM", "Learns to reach goals without a distance: skills make the goals, and what tells skills apart pays for reaching them.",
            "Liu, Wang, Tian and Chen 2022, Learn Goal-Conditioned Policy with Intrinsic Motivation for Deep Reinforcement Learning",
            GpimSettings.For, GpimSettings.Check, (config, setup) => new Gpim(config, setup))
            with { WhyNotOn = GpimSettings.WhyNotOn, Presets = GpimSettings.Presets, Reports = GpimSettings.Reports, IgnoresReward = true },
        Entry("goal-sac", "Goal SAC", "Soft actor-critic that is told a goal: by distance (L2), with hindsight (HER), by imagined goals (RIG, Skew-Fit), learned likeness (DISCERN) or an oracle.",
            "Andrychowicz et al. 2017, Hindsight Experience Replay; Warde-Farley et al. 2018, Unsupervised Control Through Non-Parametric Discriminative Rewards; Nair et al. 2018, Visual Reinforcement Learning with Imagined Goals; Pong et al. 2020, Skew-Fit: State-Covering Self-Supervised Reinforcement Learning",
            GoalSacSettings.For, GoalSacSettings.Check, (config, setup) => new GoalSac(config, setup))
            with { WhyNotOn = GoalSacSettings.WhyNotOn, Presets = GoalSacSettings.Presets, Reports = GoalSacSettings.Reports, IgnoresReward = true },
        Entry("lpg", "LPG", "Learns the update rule itself, over many lifetimes of agents in worlds of few states, for other runs to learn by.",
            "Oh, Hessel, Czarnecki, Xu, van Hasselt, Singh and Silver 2020, Discovering Reinforcement Learning Algorithms",
            LpgSettings.For, LpgSettings.Check, (config, setup) => new Lpg(config, setup))
            with
        {
            WhyNotOn = LpgSettings.WhyNotOn, Presets = LpgSettings.Presets, Reports = LpgSettings.Reports,
            Memory = (config, spec) => $"Memory: {LpgSettings.Memory((LpgConfig)config, spec)}.",
        },
        Entry("lpg-agent", "LPG agent", "Learns by a rule that was itself learned: a small recurrent network says how policy and predictions are to change.",
            "Oh, Hessel, Czarnecki, Xu, van Hasselt, Singh and Silver 2020, Discovering Reinforcement Learning Algorithms",
            LpgAgentSettings.For, LpgAgentSettings.Check, (config, setup) => new LpgAgent(config, setup))
            with { WhyNotOn = LpgAgentSettings.WhyNotOn, Presets = LpgAgentSettings.Presets, Reports = LpgAgentSettings.Reports },
    ];

    /// <summary>The entry with this id, or null.</summary>
    public static AlgorithmEntry? Find(string id) => All.FirstOrDefault(entry => entry.Id == id);

    private static AlgorithmEntry Entry<T>(
        string id, string name, string summary, string paper, Func<EnvironmentSpec, T> defaults,
        Func<T, EnvironmentSpec, IEnumerable<(string, string)>> check, Func<T, TrainingSetup, IAlgorithm> create)
        where T : class =>
        new(id, name, summary, paper, typeof(T), spec => defaults(spec), (parameters, setup) => create((T)parameters, setup))
        {
            CrossCheck = (parameters, spec) => check((T)parameters, spec),
        };

    private static string? WhyNotActorCritic(EnvironmentSpec spec) =>
        spec.Observation.Shape.Length > 3 ? "Its networks read vectors and grids, not observations of more than three axes." : null;
}
