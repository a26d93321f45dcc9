using IntrinsicLab.Data;
using IntrinsicLab.Web;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddLabData(builder.Configuration);
builder.Services.AddLabPages();
var app = builder.Build();
app.MapLabPages();
await app.RunAsync();

/// <summary>Entry point, visible to the tests' host.</summary>
public partial class Program;
