    /// <summary>The classes that the models know.</summary>
    public enum __Class__
    {
        /// <summary>A class that came with a later model: ClassName has it.</summary>
        Unknown = 0__ClassMembers__
    }

    internal static class __Class__Names
    {
        private static readonly string[] All =
        {
            __ClassTexts__
        };

        internal static __Class__ Find(string name)
        {
            return (__Class__)(Array.IndexOf(All, name) + 1);
        }

        /// <summary>The name; null for Unknown.</summary>
        internal static string Of(__Class__ one)
        {
            int place = (int)one - 1;
            return place >= 0 && place < All.Length ? All[place] : null;
        }
    }

    /// <summary>One answer of the gateway.</summary>
    public sealed class __Prediction__
    {
        internal __Prediction__(object row)
        {
            Id = Json.Text(Json.Member(row, "id"));
            Version = Json.Text(Json.Member(row, "version"));
            Revision = Json.Text(Json.Member(row, "revision"));
            ClassName = Json.Text(Json.Member(row, "prediction"));
            Class = __Class__Names.Find(ClassName);
            Probabilities = Json.Numbers(Json.MemberOrNull(row, "probabilities"));
        }

        /// <summary>The prediction's id: keep it to tell the true value later.</summary>
        public string Id { get; private set; }

        /// <summary>The version that answered.</summary>
        public string Version { get; private set; }

        /// <summary>The version's trained artifact that answered (sha256).</summary>
        public string Revision { get; private set; }

        /// <summary>The predicted __Target__.</summary>
        public __Class__ Class { get; private set; }

        /// <summary>The predicted __Target__, as the model names it.</summary>
        public string ClassName { get; private set; }

        /// <summary>Probabilities by the classes' names; null where the model gives none.</summary>
        public IReadOnlyDictionary<string, double> Probabilities { get; private set; }

        /// <summary>The probability of one class.</summary>
        /// <param name="one">The class.</param>
        /// <returns>From 0 to 1; null where the model gives none.</returns>
        public double? ProbabilityOf(__Class__ one)
        {
            string name = __Class__Names.Of(one);
            bool known = Probabilities != null && name != null && Probabilities.ContainsKey(name);
            return known ? Probabilities[name] : (double?)null;
        }
    }

    /// <summary>Labels by class.</summary>
    public static class __Class__Labels
    {
        /// <summary>Tells which class it really was; telling it again, late or in any order is harmless.</summary>
        /// <param name="client">Of the project's gateway.</param>
        /// <param name="id">Of the prediction.</param>
        /// <param name="label">The true class.</param>
        /// <param name="cancellation">Ends the waiting.</param>
        /// <returns>What became of it.</returns>
        /// <exception cref="RelevoException">The gateway refused, or could not be reached in time.</exception>
        public static Task<LabelCounts> LabelAsync(
            this __Client__ client,
            string id,
            __Class__ label,
            CancellationToken cancellation = default(CancellationToken))
        {
            string name = __Class__Names.Of(label);
            if (name == null)
            {
                throw new ArgumentException("Unknown is no class; give its name.", "label");
            }
            return client.LabelAsync(id, name, cancellation);
        }
    }
