using Microsoft.AspNetCore.Http;

namespace Slideport.Http;

/// <summary>The port a connection came in by.</summary>
public enum Entrance
{
    /// <summary>For machines, with a certificate of the installation.</summary>
    Machines,

    /// <summary>For people, with a session.</summary>
    People,
}

/// <summary>An endpoint that is there at one entrance only.</summary>
public sealed record OnlyAt(Entrance Entrance);

/// <summary>Which entrance a request came in by.</summary>
public static class Entrances
{
    private sealed record CameIn(Entrance Entrance);

    /// <summary>Marks a listener's connections.</summary>
    public static void Mark(this Microsoft.AspNetCore.Server.Kestrel.Core.ListenOptions listen, Entrance entrance)
    {
        var mark = new CameIn(entrance);
        listen.Use(next => connection =>
        {
            connection.Features.Set(mark);
            return next(connection);
        });
    }

    /// <summary>Where it came in.</summary>
    public static Entrance Entrance(this HttpContext context) => context.Features.Get<CameIn>()!.Entrance;

    /// <summary>Answers 404 where an endpoint is asked for at the wrong entrance.</summary>
    public static Task KeepApartAsync(HttpContext context, RequestDelegate next) =>
        context.GetEndpoint()?.Metadata.GetMetadata<OnlyAt>() is { } only && only.Entrance != context.Entrance()
            ? Problems.NotFound(only.Entrance == Http.Entrance.People ? "This is asked at the port for people." : "This is asked at the port for machines.").ExecuteAsync(context)
            : next(context);
}
