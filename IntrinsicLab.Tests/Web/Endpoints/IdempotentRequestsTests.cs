using System.Net;

namespace IntrinsicLab.Tests.Web.Endpoints;

[Collection(ApiCollection.Name)]
public class IdempotentRequestsTests(ApiApplication lab)
{
    private const string Body = """{"source":"external","name":"once"}""";

    [Fact]
    public async Task SameKeyAndBody_GetTheSameAnswer()
    {
        var key = ("Idempotency-Key", Guid.NewGuid().ToString());
        var first = await lab.Send(HttpMethod.Post, "runs", Body, key);
        var second = await lab.Send(HttpMethod.Post, "runs", Body, key);

        Assert.Equal(HttpStatusCode.Created, second.StatusCode);
        Assert.Equal(first.Headers.Location, second.Headers.Location);
        Assert.Equal(await first.Content.ReadAsStringAsync(), await second.Content.ReadAsStringAsync());
        Assert.True(second.Headers.Contains("Idempotency-Replayed"));
    }

    [Fact]
    public async Task SameKey_OtherBodyOrPath_IsRefused()
    {
        var key = ("Idempotency-Key", Guid.NewGuid().ToString());
        await lab.Send(HttpMethod.Post, "runs", Body, key);

        await ApiApplication.Problem(await lab.Send(HttpMethod.Post, "runs", Body.Replace("once", "twice"), key), 422);
        await ApiApplication.Problem(await lab.Send(HttpMethod.Post, "experiments", Body, key), 422);
    }

    [Fact]
    public async Task SameKey_WhileTheFirstIsAtWork_IsRefused()
    {
        var key = Guid.NewGuid().ToString();
        await lab.Send(HttpMethod.Post, "runs", Body, ("Idempotency-Key", key));
        await using (var context = lab.Context())
        {
            var row = context.IdempotencyKeys.Single(each => each.Key == key);
            row.StatusCode = 0;
            await context.SaveChangesAsync();
        }

        await ApiApplication.Problem(await lab.Send(HttpMethod.Post, "runs", Body, ("Idempotency-Key", key)), 409);
    }

    [Fact]
    public async Task ManyAtOnce_CreateOne()
    {
        var name = $"crowd{Guid.NewGuid():N}";
        var key = ("Idempotency-Key", name);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => lab.Send(HttpMethod.Post, "runs", Body.Replace("once", name), key)));

        Assert.Equal(1, (int)(await lab.Get($"runs?q={name}&count=true"))["count"]!);
    }

    [Fact]
    public async Task WhatWasRefused_MayBeCorrectedUnderItsKey()
    {
        var key = ("Idempotency-Key", Guid.NewGuid().ToString());
        await ApiApplication.Problem(await lab.Send(HttpMethod.Post, "runs", """{"source":"external"}""", key), 400);

        Assert.Equal(HttpStatusCode.Created, (await lab.Send(HttpMethod.Post, "runs", Body, key)).StatusCode);
        await ApiApplication.Problem(await lab.Send(HttpMethod.Post, "runs", Body, ("Idempotency-Key", new string('k', 201))), 400);
    }

    [Fact]
    public async Task CloneAndExperiment_TakeKeysToo()
    {
        var run = await lab.CreateRun();
        foreach (var (path, body) in new[] { ($"{run}/clone", "{}"), ("experiments",
            """{"name":"e","algorithms":["ppo"],"environments":["cartpole"],"seeds":1,"steps":1000}""") })
        {
            var key = ("Idempotency-Key", Guid.NewGuid().ToString());
            Assert.Equal((await lab.Send(HttpMethod.Post, path, body, key)).Headers.Location,
                (await lab.Send(HttpMethod.Post, path, body, key)).Headers.Location);
        }
    }
}
