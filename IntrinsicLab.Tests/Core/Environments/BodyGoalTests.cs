using IntrinsicLab.Core;
using IntrinsicLab.Core.Environments;
using IntrinsicLab.Core.Environments.Mujoco;
using IntrinsicLab.Core.Environments.Navigation;
using IntrinsicLab.Tests.Support;

namespace IntrinsicLab.Tests.Core.Environments;

public class BodyGoalTests
{
    // The physics and the state are those of the task without goals.
    [MujocoTheory]
    [InlineData("half-cheetah", BodyGoal.None)]
    [InlineData("half-cheetah", BodyGoal.Position)]
    [InlineData("half-cheetah", BodyGoal.Pose)]
    [InlineData("swimmer", BodyGoal.None)]
    [InlineData("swimmer", BodyGoal.Position)]
    [InlineData("swimmer", BodyGoal.Pose)]
    [InlineData("ant", BodyGoal.None)]
    [InlineData("ant", BodyGoal.Position)]
    [InlineData("ant", BodyGoal.Pose)]
    public void State_AlongAnEpisode_IsThatOfTheTaskWithoutGoals(string id, BodyGoal goal)
    {
        using var wanting = Create(id, goal);
        using IEnvironment plain = id switch
        {
            "half-cheetah" => new HalfCheetah(new HalfCheetahConfig()),
            "swimmer" => new Swimmer(new SwimmerConfig()),
            _ => new Ant(new AntConfig { TerminateWhenUnhealthy = false }),
        };
        var (state, observation) = (new float[plain.Spec.Observation.Size], new float[wanting.Spec.Observation.Size]);
        var layout = wanting.Spec.Goal;
        Assert.Equal(goal == BodyGoal.None, layout is null);
        plain.Reset(new Rng(1), state);
        wanting.Reset(new Rng(1), observation);
        using var stream = new MemoryStream();
        Physics(plain).Save(new BinaryWriter(stream));
        stream.Position = 0;
        Physics(wanting).Load(new BinaryReader(stream));
        var actions = new Rng(2);
        for (var step = 0; step < 50; step++)
        {
            float[] action = [.. Enumerable.Range(0, plain.Spec.Action.Size).Select(_ => (float)actions.NextDouble(-1, 1))];
            var wanted = layout is null ? new float[0] : layout.Wanted(observation).ToArray();
            plain.Step(action, state);
            var result = wanting.Step(action, observation);
            Assert.Equal(state, observation[..state.Length]);
            if (layout is null)
            {
                Assert.Equal(new StepResult(0, false, false), result);
                continue;
            }
            var achieved = layout.Achieved(observation).ToArray();
            Assert.Equal(wanted, layout.Wanted(observation).ToArray());
            Assert.Equal(Physics(wanting).Positions[..achieved.Length].ToArray().Select(value => (float)value), achieved);
            Assert.Equal(-Math.Sqrt(wanted.Zip(achieved, (left, right) => ((double)left - right) * ((double)left - right)).Sum()), result.Reward, 1e-5);
        }
    }

    [MujocoFact]
    public void Step_OntoTheGoal_EndsWhereAsked()
    {
        using var environment = new AntGoal(new AntGoalConfig { EndAtGoal = true, Reward = GoalReward.Sparse });
        var observation = new float[environment.Spec.Observation.Size];
        environment.Reset(new Rng(1), observation);
        Assert.Equal(new StepResult(-1, false, false), environment.Step(new float[8], observation));
        var wanted = environment.Spec.Goal!.Wanted(observation);
        (environment.Simulation.Positions[0], environment.Simulation.Positions[1]) = (wanted[0], wanted[1]);

        Assert.Equal(new StepResult(0, true, false), environment.Step(new float[8], observation));
        Assert.Throws<InvalidOperationException>(() => environment.Step(new float[8], observation));
    }

    private static IEnvironment Create(string id, BodyGoal goal) => id switch
    {
        "half-cheetah" => new HalfCheetahGoal(new HalfCheetahGoalConfig { Goal = goal }),
        "swimmer" => new SwimmerGoal(new SwimmerGoalConfig { Goal = goal }),
        _ => new AntGoal(new AntGoalConfig { Goal = goal }),
    };

    private static MujocoSimulation Physics(IEnvironment environment) => environment switch
    {
        HalfCheetahGoal body => body.Simulation,
        SwimmerGoal body => body.Simulation,
        AntGoal body => body.Simulation,
        HalfCheetah body => body.Simulation,
        Swimmer body => body.Simulation,
        Ant body => body.Simulation,
        _ => throw new ArgumentException("No body."),
    };
}
