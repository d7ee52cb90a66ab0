using Microsoft.EntityFrameworkCore;
using Slideport.Database;
using Slideport.Dsr.Database;

namespace Slideport.Dsr.Catalogue;

/// <summary>A collection with how many slides are in it.</summary>
internal sealed record CollectionView(Guid Id, string Name, string Owner, DateTimeOffset CreatedAt, int Slides);

/// <summary>What became of a change to a collection.</summary>
internal enum CollectionOutcome
{
    /// <summary>It is done.</summary>
    Done,

    /// <summary>There is no such collection.</summary>
    Unknown,

    /// <summary>Another one has this name.</summary>
    NameTaken,

    /// <summary>It is somebody else's.</summary>
    NotOwner,
}

/// <summary>Slides that somebody has put together: for a conference, a study, a course. All may look; its owner and Lab Admins change it.</summary>
internal sealed class Collections(SerialWrites<DsrDatabase> writes, DsrDatabases databases)
{
    /// <summary>Most slides that are put in or taken out at once.</summary>
    internal const int MaxAtOnce = 1000;

    internal async Task<IReadOnlyList<CollectionView>> ListAsync(CancellationToken cancellationToken)
    {
        await using var database = databases.CreateDbContext();
        return await database.Collections.AsNoTracking().OrderBy(c => c.Name)
            .Select(c => new CollectionView(c.Id, c.Name, c.Owner, c.CreatedAt, database.CollectedSlides.Count(s => s.CollectionId == c.Id))).ToListAsync(cancellationToken);
    }

    /// <returns>Its id; null when another one has the name.</returns>
    internal Task<Guid?> AddAsync(string name, string owner, CancellationToken cancellationToken) => writes.WriteAsync<Guid?>(async (database, now) =>
    {
        if (await database.Collections.AnyAsync(c => c.Name == name, cancellationToken))
            return null;
        var id = Guid.CreateVersion7(now);
        database.Collections.Add(new Collection { Id = id, Name = name, Owner = owner, CreatedAt = now });
        return id;
    }, cancellationToken);

    internal Task<CollectionOutcome> RemoveAsync(Guid id, Changer changer, CancellationToken cancellationToken) => ChangeAsync(id, changer, (database, collection, _) =>
    {
        database.Collections.Remove(collection);
        return Task.CompletedTask;
    }, cancellationToken);

    internal Task<CollectionOutcome> RenameAsync(Guid id, string name, Changer changer, CancellationToken cancellationToken) => writes.WriteAsync(async (database, _) =>
    {
        if (await database.Collections.FindAsync([id], cancellationToken) is not { } collection)
            return CollectionOutcome.Unknown;
        if (!changer.MayChange(collection))
            return CollectionOutcome.NotOwner;
        if (await database.Collections.AnyAsync(c => c.Name == name && c.Id != id, cancellationToken))
            return CollectionOutcome.NameTaken;
        collection.Name = name;
        return CollectionOutcome.Done;
    }, cancellationToken);

    /// <summary>Puts slides in; those that are in it, or in no catalogue, are left out.</summary>
    internal Task<CollectionOutcome> PutInAsync(Guid id, IReadOnlyList<string> slideIds, Changer changer, CancellationToken cancellationToken) => ChangeAsync(id, changer, async (database, _, now) =>
    {
        var inIt = await database.CollectedSlides.Where(c => c.CollectionId == id && slideIds.Contains(c.SlideId)).Select(c => c.SlideId).ToHashSetAsync(StringComparer.Ordinal, cancellationToken);
        foreach (var slide in await database.Slides.Where(s => slideIds.Contains(s.Id)).Select(s => s.Id).ToListAsync(cancellationToken))
        {
            if (inIt.Add(slide))
                database.CollectedSlides.Add(new CollectedSlide { CollectionId = id, SlideId = slide, AddedAt = now });
        }
    }, cancellationToken);

    internal Task<CollectionOutcome> TakeOutAsync(Guid id, IReadOnlyList<string> slideIds, Changer changer, CancellationToken cancellationToken) => ChangeAsync(
        id, changer, (database, _, _) => database.CollectedSlides.Where(c => c.CollectionId == id && slideIds.Contains(c.SlideId)).ExecuteDeleteAsync(cancellationToken), cancellationToken);

    private Task<CollectionOutcome> ChangeAsync(Guid id, Changer changer, Func<DsrDatabase, Collection, DateTimeOffset, Task> change, CancellationToken cancellationToken) => writes.WriteAsync(async (database, now) =>
    {
        if (await database.Collections.FindAsync([id], cancellationToken) is not { } collection)
            return CollectionOutcome.Unknown;
        if (!changer.MayChange(collection))
            return CollectionOutcome.NotOwner;
        await change(database, collection, now);
        return CollectionOutcome.Done;
    }, cancellationToken);
}

/// <summary>Who changes something.</summary>
/// <param name="Name"><c>user:NAME</c>.</param>
/// <param name="IsAdmin">Whether he is a Lab Admin.</param>
internal sealed record Changer(string Name, bool IsAdmin)
{
    internal bool MayChange(Collection collection) => IsAdmin || collection.Owner == Name;
}
