using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using IntrinsicLab.Core.Experiments;
using IntrinsicLab.Data;
using IntrinsicLab.Web.Live;
using Microsoft.Extensions.Options;

namespace IntrinsicLab.Tests.Web.Endpoints;

[Collection(ApiCollection.Name)]
public class PolicyEndpointTests(ApiApplication lab)
{
    private const string Navigation = """{"algorithm":"ppo","environment":"point-navigation","steps":4096,"parameters":{"stepsPerRollout":256}}""";

    private static readonly float[][] Seen = [[0, 0, 0.5f, 0.5f, 0, 0], [0.25f, -0.5f, -0.75f, 0.125f, 0.25f, -0.5f]];
    private static string? trained;

    [Fact]
    public async Task Act_AnswersTheMostLikelyActionForEachObservation()
    {
        var run = await Trained();
        using var trainer = Train(await Plan(run));

        var answer = await lab.Post($"{run}/policy/act", JsonSerializer.Serialize(new { observations = Seen }));

        Assert.Equal(trainer.Steps, (long)answer["step"]!);
        var action = new float[2];
        foreach (var (index, observation) in Seen.Index())
        {
            trainer.Policy.Act(observation, action);
            Assert.Equal(action, answer["actions"]![index]!.AsArray().Select(value => (float)value!));
        }
        Assert.NotEqual(answer["actions"]![0]!.ToJsonString(), answer["actions"]![1]!.ToJsonString());
    }

    [Fact]
    public async Task Episodes_WithAGoal_GoByTheRewardOfTheirPaths()
    {
        const string question = """{"seed":5,"episodes":2,"goal":{"x":0.6,"y":-0.4}}""";
        var run = await Trained();
        var answer = await lab.Post($"{run}/policy/episodes", question);

        Assert.Equal(answer.ToJsonString(), (await lab.Post($"{run}/policy/episodes", question)).ToJsonString());
        Assert.Equal(2, answer["episodes"]!.AsArray().Count);
        foreach (var episode in answer["episodes"]!.AsArray())
        {
            var distances = episode!["path"]!.AsArray()
                .Select(at => Math.Sqrt(Math.Pow((double)at![0]! - 0.6, 2) + Math.Pow((double)at[1]! + 0.4, 2))).ToList();
            Assert.Equal((20, "truncated", 21), ((int)episode["length"]!, (string)episode["ended"]!, distances.Count));
            // The reward is minus the distance after each step; places are given to five decimals.
            Assert.Equal(-distances.Skip(1).Sum(), (double)episode["return"]!, 3);
            Assert.Equal(distances[0], (double)episode["firstDistance"]!, 4);
            Assert.Equal(distances[^1], (double)episode["lastDistance"]!, 4);
            Assert.Equal(distances.Min(), (double)episode["leastDistance"]!, 4);
            var reached = distances.FindIndex(distance => distance < 0.1);
            Assert.Equal(reached < 0 ? null : reached, (int?)episode["reachedAt"]);
        }
        Assert.Equal(answer["episodes"]!.AsArray().Average(episode => (double)episode!["return"]!), (double)answer["meanReturn"]!, 9);
        Assert.NotEqual(answer["episodes"]![0]!["path"]!.ToJsonString(), answer["episodes"]![1]!["path"]!.ToJsonString());
    }

    [Fact]
    public async Task Episodes_Observed_RepeatWhatActSays()
    {
        var run = await Trained();
        var episode = (await lab.Post($"{run}/policy/episodes", """{"seed":2,"maxSteps":30,"observations":true}"""))["episodes"]![0]!;
        var observations = episode["observations"]!.AsArray();

        // More steps than the time limit of 20 were asked for.
        Assert.Equal((30, "stopped"), ((int)episode["length"]!, (string)episode["ended"]!));
        Assert.Equal(31, observations.Count);
        var actions = (await lab.Post($"{run}/policy/act", new JsonObject { ["observations"] = observations.DeepClone() }.ToJsonString()))["actions"]!.AsArray();
        foreach (var (index, action) in actions.Take(30).Index())
            for (var axis = 0; axis < 2; axis++)
            {
                var expected = Math.Clamp((double)observations[index]![axis]! + 0.1 * Math.Clamp((double)action![axis]!, -1, 1), -1, 1);
                Assert.Equal(expected, (double)observations[index + 1]![axis]!, 5);
            }
    }

    [Theory]
    [InlineData("act", """{"observations":[[1,2,3],[0,1e99,"a",0,0,0],4],"obs":2}""", "/observations/0:3 values where 6|/observations/1/1:finite|/observations/1/2:finite|/observations/2:6 numbers|/obs:no member 'obs'")]
    [InlineData("act", "{}", "/observations:required")]
    [InlineData("act", """{"observations":[]}""", "/observations:1 to 1000")]
    [InlineData("act", """{"do":"episodes","observations":[]}""", "/do:no member")]
    [InlineData("act", "[1]", ":Expected an object")]
    [InlineData("episodes", """{"seed":-3,"goal":{"x":6,"z":1},"episodes":1.5}""", "/seed:out of range|/episodes:whole number|/goal/x:out of range: -1 to 1|/goal/y:required|/goal/z:no coordinate")]
    [InlineData("episodes", """{"goal":"there"}""", "/goal:Expected an object")]
    [InlineData("episodes", """{"goal":{"x":1e99,"y":null}}""", "/goal/x:out of range|/goal/y:Expected a number")]
    [InlineData("episodes", """{"episodes":100,"maxSteps":5000}""", "/maxSteps:500000 steps; 50000 are allowed")]
    [InlineData("episodes", """{"episodes":10,"maxSteps":5000,"observations":1}""", "/observations:true or false")]
    public async Task Questions_Wrong_NameEveryFaultAtItsPlace(string what, string body, string faults)
    {
        var problem = await ApiApplication.Problem(await lab.Send(HttpMethod.Post, $"{await Trained()}/policy/{what}", body), 400);

        foreach (var fault in faults.Split('|'))
            Assert.Contains(fault.Split(':', 2)[1], ApiApplication.Errors(problem, fault.Split(':', 2)[0]));
        Assert.Equal(faults.Split('|').Length, problem["errors"]!.AsObject().Count);
    }

    [Fact]
    public async Task Questions_AboutRunsWithoutAPolicy_SayWhy()
    {
        var (queued, external, damaged) = (await lab.CreateRun(), await lab.CreateExternal(), await lab.CreateRun());
        await AddCheckpoint(damaged, 512, [1, 2, 3]);
        foreach (var (path, status, why) in ((string, int, string)[])
            [(queued, 409, "no checkpoint yet"), (external, 409, "Another program"), (damaged, 409, "step 512 cannot be used"), ($"runs/{Guid.NewGuid()}", 404, "no run")])
        {
            var problem = await ApiApplication.Problem(await lab.Send(HttpMethod.Post, $"{path}/policy/episodes"), status);
            Assert.Contains(why, (string)problem["detail"]!);
        }
        await ApiApplication.Problem(await lab.Client.GetAsync($"{queued}/policy/play"), 409);
        await ApiApplication.Problem(await lab.Client.GetAsync($"{await Trained()}/policy/play"), 426);
    }

    [Fact]
    public async Task Goal_WhereTheWorldHasNone_IsRefused()
    {
        var run = await lab.CreateRun("""{"algorithm":"ppo","environment":"catch","steps":600,"parameters":{"stepsPerRollout":256}}""");
        using (var trainer = Train(await Plan(run)))
            await AddCheckpoint(run, trainer);

        var problem = await ApiApplication.Problem(await lab.Send(HttpMethod.Post, $"{run}/policy/episodes", """{"goal":{"x":1,"y":1}}"""), 400);
        var played = await lab.Post($"{run}/policy/episodes", """{"episodes":3}""");

        Assert.Contains("no goals that are places", ApiApplication.Errors(problem, "/goal"));
        Assert.All(played["episodes"]!.AsArray(), episode =>
        {
            Assert.Equal((9, "terminated"), ((int)episode!["length"]!, (string)episode["ended"]!));
            Assert.Null(episode["path"]);
        });
    }

    [Fact]
    public async Task Process_Killed_EndsOneCall_AndANewerCheckpointIsTakenUp()
    {
        await using var own = new ApiApplication();
        var run = await own.CreateRun(Navigation);
        using var trainer = Train(await Plan(run, own));
        await AddCheckpoint(run, trainer, own);
        var question = JsonSerializer.Serialize(new { observations = Seen });
        var before = await own.Post($"{run}/policy/act", question);
        using (var process = Process.GetProcessById(own.Service<PolicyProcesses>().ProcessIds.Single()))
        {
            process.Kill();
            await process.WaitForExitAsync();
        }

        var gone = await own.Send(HttpMethod.Post, $"{run}/policy/act", question);

        Assert.Contains("signal 9", (string)(await ApiApplication.Problem(gone, 503))["detail"]!);
        Assert.NotNull(gone.Headers.RetryAfter);
        Assert.Equal(before.ToJsonString(), (await own.Post($"{run}/policy/act", question)).ToJsonString());
        trainer.Update();
        await AddCheckpoint(run, trainer, own);
        var after = await own.Post($"{run}/policy/act", question);
        Assert.Equal(trainer.Steps, (long)after["step"]!);
        Assert.NotEqual(before["actions"]!.ToJsonString(), after["actions"]!.ToJsonString());
        Assert.Single(own.Service<PolicyProcesses>().ProcessIds);
    }

    [Fact]
    public async Task Processes_MoreThanAreAllowed_AreRefused_AndIdleOnesEnd()
    {
        using var processes = new PolicyProcesses(lab.Service<LabDatabase>(), lab.Service<IOptions<LabOptions>>()) { Idle = TimeSpan.FromMilliseconds(20) };
        var asked = Enumerable.Range(0, PolicyProcesses.Most + 1).Select(_ => processes.Ask(Guid.NewGuid(), 1, "{}")).ToList();

        Assert.Equal(PolicyOutcome.Busy, (await asked[^1]).Outcome);
        foreach (var other in asked[..^1])
        {
            Assert.Equal(PolicyOutcome.Unusable, (await other).Outcome);
            Assert.Contains("no such run", (await other).Why);
        }
        Assert.Empty(processes.ProcessIds);

        var run = ApiApplication.IdOf(await Trained());
        Assert.Equal(PolicyOutcome.Answered, (await processes.Ask(run, 1, "{}")).Outcome);
        while (processes.ProcessIds.Count > 0)
            await Task.Delay(10);
    }

    [Fact]
    public async Task Play_AGoalSetOnTheWay_IsWantedFromThereOnAndInLaterEpisodes()
    {
        using var game = await Connect(await Trained());
        var started = await Ask(game, """{"do":"start","seed":4,"goal":{"x":-0.5,"y":0.5}}""");
        Assert.Equal("started", (string?)started["kind"]);
        Assert.Equal([-1, -1, 1, 1], ((string[])["left", "bottom", "right", "top"]).Select(side => (int)started["spec"]!["goalPlane"]![side]!));
        Assert.True((long)started["trainedSteps"]! > 0);
        Assert.Equal((-0.5, 0.5), Wanted(started["frames"]![0]!));
        await Ask(game, """{"do":"step","count":3}""");

        var sent = await Ask(game, """{"do":"goal","goal":{"x":0.75,"y":-0.25}}""");
        var stepped = await Ask(game, """{"do":"step"}""");
        var next = await Ask(game, """{"do":"reset"}""");
        var refused = await Ask(game, """{"do":"goal","goal":{"x":2,"y":0}}""");
        var dropped = await Ask(game, """{"do":"goal"}""");
        var own = await Ask(game, """{"do":"reset","seed":4}""");

        Assert.Equal((0.75, -0.25), Wanted(sent["frames"]![0]!));
        Assert.Equal(3, (int)sent["frames"]![0]!["step"]!);
        Assert.Equal((0.75, -0.25), Wanted(stepped["frames"]![0]!));
        Assert.Equal(-(double)stepped["frames"]![0]!["places"]!["distance"]!, (double)stepped["frames"]![0]!["reward"]!, 4);
        Assert.Equal((0.75, -0.25), Wanted(next["frames"]![0]!));
        Assert.Contains("out of range", (string)refused["problems"]!["/goal/x"]![0]!);
        Assert.Empty(dropped["frames"]!.AsArray());
        Assert.NotEqual((0.75, -0.25), Wanted(own["frames"]![0]!));
    }

    [Fact]
    public async Task Play_APersonMayAct_AndTheTimeLimitMayBeLeftOut()
    {
        using var game = await Connect(await Trained());
        var x = (double)(await Ask(game, """{"do":"start","seed":4,"withoutTimeLimit":true}"""))["frames"]![0]!["places"]!["x"]!;

        var mine = (await Ask(game, """{"do":"step","action":[-1,0],"count":2}"""))["frames"]![1]!;
        var policy = (await Ask(game, """{"do":"step","count":60}"""))["frames"]!.AsArray();

        Assert.Equal(x - 0.2, (double)mine["places"]!["x"]!, 4);
        Assert.Equal(60, policy.Count);
        Assert.Null(policy[^1]!["truncated"]);
        Assert.Contains("environmentParameters", (await Ask(game, """{"do":"start","environmentParameters":{}}""")).ToJsonString());
    }

    private static (double, double) Wanted(JsonNode frame) => ((double)frame["places"]!["wantedX"]!, (double)frame["places"]!["wantedY"]!);

    private static Trainer Train(RunPlan plan)
    {
        var trainer = new Trainer(plan);
        trainer.Update();
        return trainer;
    }

    private async Task<RunPlan> Plan(string run, ApiApplication? application = null)
    {
        await using var context = (application ?? lab).Context();
        using var json = JsonDocument.Parse((await context.Runs.FindAsync(ApiApplication.IdOf(run)))!.Plan);
        return RunPlan.Read(json.RootElement, [])!;
    }

    private Task AddCheckpoint(string run, Trainer trainer, ApiApplication? application = null)
    {
        using var content = new MemoryStream();
        trainer.Save(content);
        return AddCheckpoint(run, trainer.Steps, content.ToArray(), application);
    }

    private async Task AddCheckpoint(string run, long step, byte[] content, ApiApplication? application = null)
    {
        await using var context = (application ?? lab).Context();
        context.Checkpoints.Add(new Checkpoint
        {
            RunId = ApiApplication.IdOf(run),
            Step = step,
            CreatedAt = DateTimeOffset.UtcNow,
            Sha256 = CheckpointStore.Checksum(content),
            Content = content,
        });
        await context.SaveChangesAsync();
    }

    private async Task<string> Trained()
    {
        if (trained is null)
        {
            var run = await lab.CreateRun(Navigation);
            using var trainer = Train(await Plan(run));
            await AddCheckpoint(run, trainer);
            trained = run;
        }
        return trained;
    }

    private Task<WebSocket> Connect(string run) =>
        lab.Server.CreateWebSocketClient().ConnectAsync(new Uri($"ws://localhost/api/v1/{run}/policy/play"), default);

    private static async Task<JsonObject> Ask(WebSocket game, string command)
    {
        await game.SendAsync(Encoding.UTF8.GetBytes(command), WebSocketMessageType.Text, true, default);
        using var answer = new MemoryStream();
        var buffer = new byte[64 * 1024];
        ValueWebSocketReceiveResult part;
        do
        {
            part = await game.ReceiveAsync(buffer.AsMemory(), default);
            answer.Write(buffer, 0, part.Count);
        }
        while (!part.EndOfMessage);
        return JsonNode.Parse(answer.ToArray())!.AsObject();
    }
}
