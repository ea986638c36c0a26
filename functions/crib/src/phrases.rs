//! What is said to a person, in every language. The Russian texts of what the earlier service said are its own, word by
//! word.

use darkroom_http::Phrase;

pub(crate) const NO_USER: Phrase = Phrase::new("User not found", "Пользователь не найден");
pub(crate) const EMPLOYEE_NUMBER_TAKEN: Phrase = Phrase::new(
    "A user with this employee number already exists",
    "Пользователь с таким номером уже существует",
);
pub(crate) const USER_IN_USE: Phrase = Phrase::new(
    "Transactions or inspections name the user, who cannot be deleted.",
    "Пользователь указан в операциях или проверках. Его нельзя удалить.",
);
pub(crate) const NO_MORE_USERS: Phrase = Phrase::new(
    "There are as many users as there may be.",
    "Пользователей уже столько, сколько может быть.",
);

pub(crate) const NO_TOOL: Phrase = Phrase::new("Tool not found", "Инструмент не найден");
pub(crate) const SERIAL_NUMBER_TAKEN: Phrase = Phrase::new(
    "A tool with this serial number already exists",
    "Инструмент с таким серийным номером уже существует",
);
pub(crate) const TOOL_IN_USE: Phrase = Phrase::new(
    "The tool is in toolkits. Take it out of them first.",
    "Инструмент входит в наборы. Сначала удалите его из них.",
);
pub(crate) const NO_MORE_TOOLS: Phrase = Phrase::new(
    "There are as many tools as there may be. Delete some first.",
    "Инструментов уже слишком много. Сначала удалите лишние.",
);

pub(crate) const TOOLKIT_HAS_ITEMS: Phrase = Phrase::new(
    "The toolkit has items. Delete them first.",
    "В наборе есть позиции. Сначала удалите их.",
);
pub(crate) const TOOLKIT_IS_OUT: Phrase = Phrase::new(
    "The toolkit is issued. Take it back first.",
    "Набор выдан. Сначала примите его обратно.",
);
pub(crate) const TOOLKIT_IN_USE: Phrase = Phrase::new(
    "Transactions name the toolkit, which cannot be deleted.",
    "Набор указан в операциях. Его нельзя удалить.",
);
pub(crate) const NO_MORE_TOOLKITS: Phrase = Phrase::new(
    "There are as many toolkits as there may be.",
    "Наборов уже столько, сколько может быть.",
);

pub(crate) const NO_ITEM: Phrase = Phrase::new("Toolkit item not found", "Позиция набора не найдена");
pub(crate) const NO_MORE_ITEMS: Phrase = Phrase::new(
    "The toolkit has as many items as it may have. Delete some first.",
    "В наборе уже слишком много позиций. Сначала удалите лишние.",
);

pub(crate) const CONFIDENCE_OUT_OF_RANGE: Phrase = Phrase::new(
    "The confidence must be above 0 and below 1",
    "Значение уверенности должно быть от 0 до 1 (не включая границы 0 и 1)",
);
