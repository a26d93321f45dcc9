using IntrinsicLab.Core.Environments.Classic;
using IntrinsicLab.Core.Environments.External;
using IntrinsicLab.Core.Environments.GridWorlds;
using IntrinsicLab.Core.Environments.MinAtar;
using IntrinsicLab.Core.Environments.Mujoco;
using IntrinsicLab.Core.Environments.Navigation;
using IntrinsicLab.Core.Environments.Wrappers;

namespace IntrinsicLab.Core.Environments;

/// <summary>One environment of the catalogue.</summary>
/// <param name="Id">Kebab-case id used in plans and addresses.</param>
/// <param name="Name">Name for people.</param>
/// <param name="Summary">One sentence: the task.</param>
/// <param name="Family">Heading it is listed under.</param>
/// <param name="Source">Authors and year.</param>
/// <param name="Parameters">Record of the environment's own parameters.</param>
/// <param name="Create">Makes an environment from such a record, without wrappers.</param>
public sealed record EnvironmentEntry(string Id, string Name, string Summary, string Family, string Source, Type Parameters, Func<object, IEnvironment> Create)
{
    /// <summary>Says in one line what is missing on this machine and how to install it; null where the environment can run.</summary>
    public Func<string?> WhyUnavailable { get; init; } = () => null;

    /// <summary>
    /// The defaults name something that may not be on this machine, so that pages, benchmarks and tests do not start it without being told
    /// what to start.
    /// </summary>
    public bool NeedsParameters { get; init; }

    /// <summary>It can be started on this machine with its defaults.</summary>
    public bool StartsByItself => !NeedsParameters && WhyUnavailable() is null;

    /// <summary>Makes, from such a record, what makes the environments of one factory, where these share something; null where they do not.</summary>
    public Func<object, Func<IEnvironment>>? Together { get; init; }
}

/// <summary>Every environment, one line each. The form, the API, the plan reader and the contract tests read it.</summary>
public static class EnvironmentCatalog
{
    /// <summary>All entries in the order they are listed.</summary>
    public static IReadOnlyList<EnvironmentEntry> All { get; } =
    [
        Entry<CartPoleConfig>("cartpole", "CartPole", "Push a cart left or right so that the pole on it stays upright.",
            "Classic control", "Barto, Sutton and Anderson 1983", config => new CartPole(config)),
        Entry<CartPoleContinuousConfig>("cartpole-continuous", "CartPole, continuous",
            "Keep a pole upright by pushing its cart as hard as is needed.",
            "Classic control", "Barto, Sutton and Anderson 1983", config => new CartPoleContinuous(config)),
        Entry<CartPoleSwingUpConfig>("cartpole-swing-up", "CartPole swing-up",
            "Swing a hanging pole up by moving its cart, and hold it there.",
            "Classic control", "Houthooft et al. 2016", config => new CartPoleSwingUp(config)),
        Entry<SegwayConfig>("segway", "Segway", "Ride as fast as pays without falling over.",
            "Classic control", "Own task, dynamics of CartPole", config => new Segway(config)),
        Entry<MountainCarConfig>("mountain-car", "Mountain car", "Swing an underpowered car up a hill.",
            "Classic control", "Moore 1990", config => new MountainCar(config)),
        Entry<MountainCarContinuousConfig>("mountain-car-continuous", "Mountain car, continuous",
            "Swing an underpowered car up a hill with as little force as possible.",
            "Classic control", "Moore 1990", config => new MountainCarContinuous(config)),
        Entry<MountainCarXConfig>("mountain-car-x", "Mountain car, sparse",
            "Swing an underpowered car up a hill, with a reward only at the goal.",
            "Classic control", "Houthooft et al. 2016", config => new MountainCarX(config)),
        Entry<PendulumConfig>("pendulum", "Pendulum", "Swing a rod up with a weak motor and hold it upright.",
            "Classic control", "Gymnasium, Pendulum-v1", config => new Pendulum(config)),
        Entry<DoublePendulumConfig>("double-pendulum", "Double pendulum", "Bring two hanging links to the top with a motor in the elbow.",
            "Classic control", "Houthooft et al. 2016", config => new DoublePendulum(config)),
        Entry<AcrobotConfig>("acrobot", "Acrobot", "Swing the tip of two links above a line with a motor between them.",
            "Classic control", "Sutton 1996", config => new Acrobot(config)),
        Entry<CatchConfig>("catch", "Catch", "Move a paddle under a falling ball; the smallest task with a picture.",
            "Classic control", "Mnih, Heess, Graves and Kavukcuoglu 2014", config => new Catch(config)),
        Entry<GridTabularConfig>("grid-tabular", "Grid, fixed objects",
            "Collect the good objects of a grid and avoid the bad ones; they stay where they are for a lifetime.",
            "Grid worlds", "Oh et al. 2020", config => new GridTabular(config)),
        Entry<GridRandomConfig>("grid-random", "Grid, moving objects",
            "Collect the good objects of a grid and avoid the bad ones; they lie elsewhere in every episode.",
            "Grid worlds", "Oh et al. 2020", config => new GridRandom(config)),
        Entry<DelayedChainConfig>("delayed-chain", "Delayed chain", "The first action decides the reward of the last step, up to 50 steps later.",
            "Grid worlds", "Oh et al. 2020", config => new DelayedChain(config)),
        Entry<LevelMixConfig>("level-mix", "Level mix", "Grids and chains of several families, to learn an update rule on.",
            "Grid worlds", "Oh et al. 2020", config => new LevelMix(config)),
        Entry<DeepSeaConfig>("deep-sea", "Deep sea", "Steer a sinking diver to a treasure that only one way down reaches.",
            "Exploration", "Osband, Van Roy, Russo and Wen 2019", config => new DeepSea(config)),
        Entry<LockChainConfig>("lock-chain", "Lock chain", "Pass a row of doors that one wrong action shuts for good.",
            "Exploration", "Own task, after Kakade 2003", config => new LockChain(config)),
        Entry<FourRoomsConfig>("four-rooms", "Four rooms", "Find a goal cell through narrow hallways on slippery ground.",
            "Exploration", "Sutton, Precup and Singh 1999", config => new FourRooms(config)),
        Entry<KeyDoorConfig>("key-door", "Key and door", "Fetch the key, open the door, reach the goal; nothing pays before.",
            "Exploration", "Own maze, after Chevalier-Boisvert et al. 2023", config => new KeyDoor(config)),
        Entry<PointGatherConfig>("point-gather", "Point gather", "Gather apples and avoid bombs that only show ahead.",
            "Exploration", "Duan et al. 2016", config => new PointGather(config)),
        Entry<AsterixConfig>("asterix", "Asterix", "Take the gold that crosses the field and keep clear of the enemies.",
            "MinAtar", "Young and Tian 2019", config => new Asterix(config)),
        Entry<BreakoutConfig>("breakout", "Breakout", "Bounce a ball into a wall of bricks with a paddle.",
            "MinAtar", "Young and Tian 2019", config => new Breakout(config)),
        Entry<FreewayConfig>("freeway", "Freeway", "Bring a chicken across eight lanes of traffic as often as possible.",
            "MinAtar", "Young and Tian 2019", config => new Freeway(config)),
        Entry<SeaquestConfig>("seaquest", "Seaquest", "Shoot fish and submarines, pick up divers and surface before the oxygen runs out.",
            "MinAtar", "Young and Tian 2019", config => new Seaquest(config)),
        Entry<SpaceInvadersConfig>("space-invaders", "Space Invaders", "Shoot down the aliens before they or their bullets come down.",
            "MinAtar", "Young and Tian 2019", config => new SpaceInvaders(config)),
        Entry<HopperConfig>("hopper", "Hopper", "A one-legged body hops forward without falling.",
            "MuJoCo", "Erez, Tassa and Todorov 2011", config => new Hopper(config)) with
        { WhyUnavailable = MujocoLibrary.WhyUnavailable },
        Entry<HalfCheetahConfig>("half-cheetah", "Half cheetah", "A trunk with a hind and a front leg runs forward.",
            "MuJoCo", "Wawrzyński 2009", config => new HalfCheetah(config)) with
        { WhyUnavailable = MujocoLibrary.WhyUnavailable },
        Entry<Walker2dConfig>("walker2d", "Walker, two-dimensional", "A torso on two legs walks forward without falling.",
            "MuJoCo", "Erez, Tassa and Todorov 2011", config => new Walker2d(config)) with
        { WhyUnavailable = MujocoLibrary.WhyUnavailable },
        Entry<AntConfig>("ant", "Ant", "A ball on four legs walks in one direction.",
            "MuJoCo", "Schulman, Moritz, Levine, Jordan and Abbeel 2016", config => new Ant(config)) with
        { WhyUnavailable = MujocoLibrary.WhyUnavailable },
        Entry<HumanoidConfig>("humanoid", "Humanoid", "A body with arms and legs walks forward without falling.",
            "MuJoCo", "Tassa, Erez and Todorov 2012", config => new Humanoid(config)) with
        { WhyUnavailable = MujocoLibrary.WhyUnavailable },
        Entry<SwimmerConfig>("swimmer", "Swimmer", "A chain of three links swims through a viscous plane.",
            "MuJoCo", "Coulom 2002", config => new Swimmer(config)) with
        { WhyUnavailable = MujocoLibrary.WhyUnavailable },
        Entry<InvertedPendulumConfig>("inverted-pendulum", "Inverted pendulum", "Push a cart so that the pole on it stays upright.",
            "MuJoCo", "Barto, Sutton and Anderson 1983", config => new InvertedPendulum(config)) with
        { WhyUnavailable = MujocoLibrary.WhyUnavailable },
        Entry<InvertedDoublePendulumConfig>("inverted-double-pendulum", "Inverted double pendulum",
            "Push a cart so that two poles on top of each other stay upright.",
            "MuJoCo", "Brockman et al. 2016", config => new InvertedDoublePendulum(config)) with
        { WhyUnavailable = MujocoLibrary.WhyUnavailable },
        Entry<ReacherConfig>("reacher", "Reacher", "An arm of two links moves its fingertip to a target.",
            "MuJoCo", "Brockman et al. 2016", config => new Reacher(config)) with
        { WhyUnavailable = MujocoLibrary.WhyUnavailable },
        Entry<PointNavigationConfig>("point-navigation", "Point navigation", "Bring a point to goals: fixed, moving, shown as pictures, or in order.",
            "Navigation and goals", "Liu, Wang, Tian and Chen 2022", config => new PointNavigation(config)),
        Entry<PointMazeConfig>("point-maze", "Point maze", "Find the way through a maze whose walls only let slide along.",
            "Navigation and goals", "Trott, Zheng, Xiong and Socher 2019; Campos et al. 2020", config => new PointMaze(config)),
        Entry<ObjectPushConfig>("object-push", "Object push", "Push the right one of two coloured shapes to a place.",
            "Navigation and goals", "Liu, Wang, Tian and Chen 2022", config => new ObjectPush(config)),
        Entry<GridRoomsConfig>("grid-rooms", "Grid rooms", "Walk to the room of a colour, in a grid with one in each corner.",
            "Navigation and goals", "Liu, Wang, Tian and Chen 2022", config => new GridRooms(config)),
        Entry<PlanarArmConfig>("planar-arm", "Planar arm", "Bring the fingertip of a two-link arm to a point or to what a picture shows.",
            "Navigation and goals", "Plappert et al. 2018", config => new PlanarArm(config)),
        Entry<ThreeLinkSwimmerConfig>("three-link-swimmer", "Three-link swimmer", "Swim without inertia, by strokes that do not go back the way they came.",
            "Navigation and goals", "Purcell 1977", config => new ThreeLinkSwimmer(config)),
        Entry<HalfCheetahGoalConfig>("half-cheetah-goal", "Half cheetah with goals", "The half cheetah goes to places or takes poses.",
            "Navigation and goals", "Wawrzyński 2009", config => new HalfCheetahGoal(config)) with
        { WhyUnavailable = MujocoLibrary.WhyUnavailable },
        Entry<SwimmerGoalConfig>("swimmer-goal", "Swimmer with goals", "The three-link swimmer goes to places or takes poses.",
            "Navigation and goals", "Coulom 2002", config => new SwimmerGoal(config)) with
        { WhyUnavailable = MujocoLibrary.WhyUnavailable },
        Entry<AntGoalConfig>("ant-goal", "Ant with goals", "The ant walks to places or takes poses.",
            "Navigation and goals", "Schulman, Moritz, Levine, Jordan and Abbeel 2016", config => new AntGoal(config)) with
        { WhyUnavailable = MujocoLibrary.WhyUnavailable },
        Entry<GymnasiumConfig>("gymnasium", "Gymnasium", "Any environment written in Python for Gymnasium's interface, yours included.",
            "Your own environments", "Towers et al. 2024", config => new GymnasiumEnvironment(config)) with
        {
            WhyUnavailable = PythonInterpreter.WhyUnavailable,
            NeedsParameters = true,
            Together = config => GymnasiumEnvironment.Together((GymnasiumConfig)config),
        },
    ];

    /// <summary>The entry with this id, or null.</summary>
    public static EnvironmentEntry? Find(string id) => All.FirstOrDefault(entry => entry.Id == id);

    /// <summary>
    /// Makes environments of an entry, wrappers applied in this order: time limit (the entry's or the wrappers' own), episodic life, frame
    /// stack, noisy channels, reward scale, reward sign, delay. A delay after normalisation is the learner's to apply
    /// (<c>Algorithms.Experience</c> does).
    /// </summary>
    /// <param name="entry">The environment.</param>
    /// <param name="parameters">A record of type <see cref="EnvironmentEntry.Parameters"/>; null for the defaults.</param>
    /// <param name="wrappers">Null for none.</param>
    /// <exception cref="InvalidOperationException">The environment cannot run on this machine; the message says what is missing.</exception>
    public static EnvironmentFactory Factory(EnvironmentEntry entry, object? parameters = null, WrapperConfig? wrappers = null)
    {
        parameters ??= Activator.CreateInstance(entry.Parameters)!;
        wrappers ??= new WrapperConfig();
        var make = entry.Together?.Invoke(parameters) ?? (() => entry.Create(parameters));
        using var sample = Create();
        // Whoever steps a level by its rules meets no wrapper.
        var spec = wrappers == new WrapperConfig() ? sample.Spec : sample.Spec with { Level = null, Families = [] };
        return new EnvironmentFactory(spec, Create) { Wrappers = wrappers };

        IEnvironment Create()
        {
            if (entry.WhyUnavailable() is { } reason)
                throw new InvalidOperationException(reason);
            var environment = make();
            if ((wrappers.TimeLimit > 0 ? wrappers.TimeLimit : environment.Spec.TimeLimit) is { } limit)
                environment = new TimeLimit(environment, limit);
            if (wrappers.EpisodicLife)
                environment = new EpisodicLife(environment);
            if (wrappers.FrameStack > 1)
                environment = new FrameStack(environment, wrappers.FrameStack);
            if (wrappers.NoisyChannels > 0)
                environment = new NoisyChannels(environment, wrappers.NoisyChannels);
            if (wrappers.RewardScale != 1.0)
                environment = new RewardScale(environment, wrappers.RewardScale);
            if (wrappers.RewardSign)
                environment = new RewardSign(environment);
            if (wrappers.Delay > 1 && !wrappers.DelayAfterNormalisation)
                environment = new Delay(environment, wrappers.Delay);
            return environment;
        }
    }

    private static EnvironmentEntry Entry<T>(string id, string name, string summary, string family, string source, Func<T, IEnvironment> create)
        where T : class, new() =>
        new(id, name, summary, family, source, typeof(T), parameters => create((T)parameters));
}
