using IntrinsicLab.Data;
using IntrinsicLab.Web;
using IntrinsicLab.Web.Endpoints;
using IntrinsicLab.Worker;

var builder = WebApplication.CreateBuilder(args);
if (LoopbackOnly.WhyRefused(builder.Configuration) is { } refused)
{
    Console.Error.WriteLine(refused);
    return 1;
}
builder.Services.AddLabData(builder.Configuration);
if (builder.Configuration.GetValue("Lab:EmbeddedWorker", true))
    builder.Services.AddLabWorker(builder.Configuration);
builder.Services.AddLabApi();
builder.Services.AddLabPages();

var app = builder.Build();
app.MapLabPages();
app.MapLabApi();
await app.RunAsync();
return 0;

// Entry point, visible to the tests' host.
public partial class Program;
