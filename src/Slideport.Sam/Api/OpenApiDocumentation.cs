using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace Slideport.Sam.Api;

/// <summary>The API as OpenAPI 3.1, served to whoever may look and kept in <c>docs/openapi.json</c>, where a test compares the two.</summary>
internal static class OpenApiDocumentation
{
    private const string Document = "sam";

    internal static void Add(IServiceCollection services) => services.AddOpenApi(Document, options =>
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        // What AnyObject reads is an object, of which nobody can say more.
        options.AddSchemaTransformer((schema, context, _) =>
        {
            if (context.JsonTypeInfo.Type == typeof(JsonObject))
                schema.Type = JsonSchemaType.Object;
            return Task.CompletedTask;
        });
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "Slideport SAM DataServer",
                Version = "1",
                Description = "What scanners (/scanner), the other roles (/role) and administrators (/api) ask and tell, over TLS: machines with client certificates on port 44386, people with a session (/api/session) on port 8443. Refusals are problem details (RFC 9457): errors[].field names what is wrong, errors[].message how to mend it.",
            };
            document.Servers = [new OpenApiServer { Url = "https://sam:44386" }];
            return Task.CompletedTask;
        });
    });

    internal static void Map(IEndpointRouteBuilder routes) =>
        routes.MapOpenApi("/api/openapi/{documentName}.json").RequireAuthorization(Policies.View);
}
