using System.Net;
using System.Text.Json.Nodes;
using IntrinsicLab.Data;

namespace IntrinsicLab.Tests.Web.Endpoints;

[Collection(ApiCollection.Name)]
public class QueueAndHealthTests(ApiApplication lab)
{
    [Fact]
    public async Task Queue_IsInTheOrderOfPriorityThenAge()
    {
        var usual = ApiApplication.IdOf(await lab.CreateRun());
        var urgent = ApiApplication.IdOf(await lab.CreateRun("""{"algorithm":"ppo","environment":"cartpole","steps":1000,"priority":1000}"""));
        var places = (await lab.Get("queue"))["queued"]!.AsArray().ToDictionary(row => (Guid)row!["id"]!, row => (int)row!["position"]!);

        Assert.True(places[urgent] < places[usual]);
        Assert.Equal(Enumerable.Range(1, places.Count), places.Values);
    }

    [Fact]
    public async Task Queue_GuessesTimesFromEarlierRuns()
    {
        var done = ApiApplication.IdOf(await lab.CreateRun());
        var waiting = ApiApplication.IdOf(await lab.CreateRun("""{"algorithm":"ppo","environment":"cartpole","steps":1000,"priority":999}"""));
        await using (var context = lab.Context())
        {
            var run = context.Runs.Single(each => each.Id == done);
            (run.Status, run.StepsDone, run.ActiveSeconds) = (RunStatus.Completed, 1000, 10);
            context.Workers.Add(new()
            {
                Id = $"w{Guid.NewGuid():N}",
                Host = "h",
                Version = "1",
                CpuSlots = 2,
                StartedAt = DateTimeOffset.UtcNow,
                LastSeenAt = DateTimeOffset.UtcNow,
            });
            await context.SaveChangesAsync();
        }
        var row = (await lab.Get("queue"))["queued"]!.AsArray().Cast<JsonObject>().Single(each => (Guid)each["id"]! == waiting);

        Assert.True((DateTimeOffset)row["finishesAround"]! > (DateTimeOffset)row["startsAround"]!);
        Assert.Contains((await lab.Get("workers"))["items"]!.AsArray(), worker => (bool)worker!["alive"]! && (int)worker["cpuSlots"]! == 2);
    }

    [Fact]
    public async Task Health_SaysWhatIsThere()
    {
        Assert.Equal("live", (string)(await lab.Get("/health/live"))["status"]!);
        var ready = await ApiApplication.Read(await lab.Client.GetAsync("/health/ready"), HttpStatusCode.OK);

        Assert.Equal(["database", "disk", "libtorch", "mujoco"], ready["checks"]!.AsArray().Select(check => (string)check!["name"]!));
    }
}
